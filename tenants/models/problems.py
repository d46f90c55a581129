"""The kinds of problem that callers have, their remedies, and words that mean something."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.speech import refuse_unknown_values
from tenants.scope import TenantModel
from tenants.sync import SyncedModel


class Severity(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class ProblemType(TenantModel):
    """A kind of problem that callers have, with its remedy."""

    configures_calls = True

    code = models.SlugField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=100, help_text=_("As it is said to the caller."))
    tag = models.CharField(_("ticket tag"), max_length=40, blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.MEDIUM)
    position = models.PositiveIntegerField(_("order"), default=0)
    cuts_fixed_line = models.BooleanField(
        _("cuts a fixed line"),
        default=False,
        help_text=_("The remedy would end the call of somebody on a fixed line, so the bot asks first."),
    )

    class Meta:
        verbose_name = _("problem type")
        verbose_name_plural = _("problem types")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="one_problem_type_per_code")]

    def __str__(self) -> str:
        return self.name


class RemedyStep(TenantModel):
    """One thing that the caller is asked to try, in order."""

    configures_calls = True

    problem_type = models.ForeignKey(ProblemType, models.CASCADE, related_name="steps", verbose_name=_("problem type"))
    position = models.PositiveIntegerField(_("order"), default=0)
    text = models.TextField(_("text"), max_length=1000)
    can_be_interrupted = models.BooleanField(_("can be interrupted"), default=True)
    wait_seconds = models.PositiveIntegerField(
        _("time to do it"),
        default=0,
        validators=[MaxValueValidator(600)],
        help_text=_("In seconds: how long the bot waits for the caller; 0: not at all."),
    )

    class Meta:
        verbose_name = _("remedy step")
        verbose_name_plural = _("remedy steps")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]

    def clean(self) -> None:
        super().clean()
        refuse_unknown_values(self.text)


class Keyword(SyncedModel):
    """A word that means something to this tenant."""

    synced_as = "keywords"
    configures_calls = True

    class Kind(models.TextChoices):
        HEARING = "hearing", _("helps recognition")
        PROBLEM = "problem", _("names a problem")
        ANGER = "anger", _("shows anger")
        CENSORED = "censored", _("is replaced")

    text = models.CharField(_("word or words"), max_length=100)
    kind = models.CharField(_("use"), max_length=10, choices=Kind)
    boost = models.PositiveSmallIntegerField(
        _("boost"),
        default=0,
        validators=[MaxValueValidator(4)],
        help_text=_("How much speech recognition favours it, 0 to 4."),
    )
    problem_type = models.ForeignKey(
        ProblemType, models.CASCADE, null=True, blank=True, related_name="keywords", verbose_name=_("problem type")
    )
    replacement = models.CharField(_("replacement"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("keyword")
        verbose_name_plural = _("keywords")
        ordering = ["kind", "text"]
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "text"], name="one_keyword_per_use")]
        indexes = [models.Index(fields=["tenant", "updated_at"])]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        if (self.kind == self.Kind.PROBLEM) != (self.problem_type_id is not None):
            raise ValidationError(
                {"problem_type": _("Choose a problem type for a word that names a problem, and only for such a word.")}
            )
