"""A form that overwrites nothing that somebody else wrote while it was open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _

LONGEST_SHOWN = 200


class MindsOthers(forms.ModelForm):  # type: ignore[type-arg]
    """Each field takes along what it showed. Where the row says something else by now, nothing is saved.

    The page then has what the row says now, but keeps what was typed; saving it again is informed.
    Who says the same, as with a second press of the button, overwrites nothing.
    Cleaned in a transaction, in which the row stays locked.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        for bound in self:
            # Whoever posts without the page has seen nothing.
            bound.field.show_hidden_initial = not self.is_bound or bound.html_initial_name in self.data

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk is None:
            return cleaned
        row = self._meta.model._default_manager.select_for_update().get(pk=self.instance.pk)
        values = forms.model_to_dict(row, fields=list(self.fields))
        others = [
            bound
            for bound in self
            if bound.field.show_hidden_initial
            and _posted(bound, values[bound.name])
            not in (_plain(self.data[bound.html_initial_name]), _posted(bound, bound.data))
        ]
        if not others:
            return cleaned
        self.data = self.data.copy()  # type: ignore[attr-defined]
        for bound in others:
            self._tell(bound, values[bound.name], str(_shown(row, bound.name)))
        self.add_error(
            None, _("Somebody changed this meanwhile. Nothing was saved yet: look at what is marked, and save again.")
        )
        return cleaned

    def _tell(self, bound: forms.BoundField, value: Any, shown: str) -> None:
        now, was = _posted(bound, value), _plain(self.data[bound.html_initial_name])
        typed = _posted(bound, bound.data)
        self.data[bound.html_initial_name] = now  # type: ignore[index]
        if typed in (was, now):
            text = _("This is what it says by now.")
            if isinstance(value, bool) and not value:
                self.data.pop(bound.html_name, None)  # type: ignore[attr-defined]
            else:
                self.data[bound.html_name] = now  # type: ignore[index]
        else:
            text = _("By now it says “%s”; saving again replaces that.") % Truncator(shown).chars(LONGEST_SHOWN)
        self.errors.pop(bound.name, None)
        self.add_error(bound.name, text)


def _posted(bound: forms.BoundField, value: Any) -> str:
    """A value as a page posts it."""
    value = bound.field.prepare_value(value)
    return "" if value is None else _plain(str(value))


def _plain(text: str) -> str:
    """Browsers end lines in their own way, and a form takes the space around away."""
    return "\n".join(text.splitlines()).strip()


def _shown(row: Any, name: str) -> Any:
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    return "–" if value in (None, "") else value
