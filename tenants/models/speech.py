"""What the bot says in a tenant's own words."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants import disclosure, presets
from tenants.models.accounts import Tenant
from tenants.presets.names import name_of
from tenants.scope import TenantModel
from tenants.sync import SyncedModel


def refuse_unknown_values(text: str, *, offered: frozenset[str] = frozenset(), field: str = "text") -> None:
    """Raise ValidationError of `field` for braces in its text that could not be filled in during a call."""
    try:
        unknown = presets.placeholders(text) - offered
    except ValueError:
        raise ValidationError({field: _("A brace is open, or holds more than the name of a value.")}) from None
    if unknown:
        raise ValidationError(
            {
                field: ValidationError(
                    _("Nothing can be filled in for %(unknown)s. Offered here: %(offered)s."),
                    params={"unknown": in_braces(unknown), "offered": in_braces(offered) or "–"},
                )
            }
        )


def in_braces(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


class Phrase(SyncedModel):
    """What the bot says: the tenant's own text for a key of the preset.

    `text` is heard in calls; empty, the preset's is. `draft` is what will be heard once it
    is published; empty, nothing waits.
    """

    synced_as = "phrases"
    configures_calls = True

    key = models.SlugField(_("key"), max_length=60)
    language = models.CharField(_("language"), max_length=2, choices=Tenant.Language, default=Tenant.Language.FRENCH)
    text = models.TextField(_("text"), max_length=1000, blank=True, validators=[MaxLengthValidator(1000)])
    draft = models.TextField(_("draft"), max_length=1000, blank=True, validators=[MaxLengthValidator(1000)])
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        ordering = ["key", "language"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key", "language"], name="one_phrase_per_key_and_language")
        ]
        indexes = [models.Index(fields=["tenant", "updated_at"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"

    @property
    def name(self) -> str:
        """What people call it, in the language of whoever reads."""
        return name_of(self.key)

    @property
    def preset(self) -> presets.PresetPhrase | None:
        """None for a key that the script does not know."""
        return presets.phrases(self.language or Tenant.Language.FRENCH).get(self.key)

    @property
    def live_text(self) -> str:
        """What callers hear; empty for a key that the script does not know."""
        return self.text or (self.preset.text if self.preset else "")

    def clean(self) -> None:
        """A phrase that could not be spoken is refused here, not in the middle of a call."""
        super().clean()
        if self.preset is None:
            # Of no field: the key of a stored phrase is not on its form.
            raise ValidationError(_("The conversation has no phrase of this key: this text is never spoken."))
        for field in ("text", "draft"):
            refuse_unknown_values(getattr(self, field), offered=self.preset.values, field=field)
        if self.key in disclosure.KEYS:
            self._refuse_to_hide_the_machine(self.preset)

    def _refuse_to_hide_the_machine(self, preset: presets.PresetPhrase) -> None:
        # A text that is heard already does not keep anybody from writing a better one.
        heard = Phrase.objects.filter(pk=self.pk).values_list("text", flat=True).first() if self.pk else None
        for field in ("text", "draft"):
            text = getattr(self, field)
            if text and text != heard and not disclosure.says_machine(text, self.language):
                raise ValidationError(
                    {
                        field: ValidationError(
                            _(
                                "Callers must hear that a machine speaks (European AI Act, article 50): "
                                "name it, as in “%(example)s”"
                            ),
                            params={"example": preset.text},
                        )
                    }
                )


class PhraseChange(TenantModel):
    """A phrase that was published: what was heard before, and from then on. Never changed."""

    phrase = models.ForeignKey(Phrase, models.CASCADE, related_name="changes", verbose_name=_("phrase"))
    before = models.TextField(_("before"))
    after = models.TextField(_("after"))
    changed_at = models.DateTimeField(_("published on"), default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )

    class Meta:
        verbose_name = _("change of a phrase")
        verbose_name_plural = _("changes of phrases")
        ordering = ["-changed_at", "-pk"]
        indexes = [models.Index(fields=["phrase", "-changed_at"])]

    def __str__(self) -> str:
        return f"{self.phrase} {self.changed_at:%Y-%m-%d}"


class FaqEntry(TenantModel):
    """A question about the company that callers ask, and what they are told."""

    configures_calls = True

    question = models.CharField(_("question"), max_length=200)
    other_wordings = models.TextField(
        _("other wordings"), max_length=2000, blank=True, help_text=_("How else callers ask this, one per line.")
    )
    answer = models.TextField(_("answer"), max_length=600, help_text=_("As it is spoken: numbers in words."))
    language = models.CharField(_("language"), max_length=2, choices=Tenant.Language, default=Tenant.Language.FRENCH)
    position = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("frequent question")
        verbose_name_plural = _("frequent questions")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "language", "question"],
                name="one_answer_per_question",
                violation_error_message=_("This question has an answer already."),
            )
        ]

    def __str__(self) -> str:
        return self.question

    def clean(self) -> None:
        super().clean()
        refuse_unknown_values(self.answer, field="answer")
