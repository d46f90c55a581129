"""The tenant wall: which tenant the code acts for, and the manager that asks.

A context variable names the tenant. The default manager of every owned model adds
the predicate when the SQL is compiled, so a queryset made at import time, in a form
or in another task is as safe as one made here; it raises NoTenant when nobody said
for whom. `EVERYONE` is the explicit way past the wall: grep for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.core.exceptions import FullResultSet
from django.db import models

if TYPE_CHECKING:
    from tenants.models import Tenant


class NoTenant(RuntimeError):
    """Owned rows were asked for, and nobody said for which tenant."""

    def __init__(self) -> None:
        super().__init__("no tenant: open a scope with acting_for(tenant), or acting_for(EVERYONE)")


class ForeignTenant(RuntimeError):
    """A row would refer to a row of another tenant."""


class Everyone:
    """Platform staff, migrations and periodic tasks act for all tenants."""

    def __repr__(self) -> str:
        return "EVERYONE"


EVERYONE: Final = Everyone()

Row = TypeVar("Row", bound=models.Model, covariant=True)

_current: ContextVar[Tenant | Everyone | None] = ContextVar("tenant", default=None)


@contextmanager
def acting_for(tenant: Tenant | Everyone) -> Iterator[None]:
    """Act for a tenant inside the block; the only way in, around sync and async code.

    Never yield inside such a block in an async generator: the context would leak.
    """
    token = _current.set(tenant)
    try:
        yield
    finally:
        _current.reset(token)


def current_tenant() -> Tenant | None:
    """The tenant acted for; None for EVERYONE. Raises NoTenant when nobody said."""
    tenant = _current.get()
    if tenant is None:
        raise NoTenant
    return None if isinstance(tenant, Everyone) else tenant


def acting_for_nobody() -> bool:
    """Whether no scope is open."""
    return _current.get() is None


def current_tenant_id() -> int | None:
    """Default of `tenant` on new rows: they belong to whoever is acted for."""
    tenant = _current.get()
    return None if tenant is None or isinstance(tenant, Everyone) else tenant.pk


class OfCurrentTenant(models.Func):
    """True of a row of the tenant acted for at the moment the SQL is compiled."""

    arity = 1
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_extra: Any) -> tuple[str, Any]:
        tenant = _current.get()
        if tenant is None:
            raise NoTenant
        if isinstance(tenant, Everyone):
            raise FullResultSet
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} = %s", [*params, tenant.pk]


class TenantManager(models.Manager[Row]):
    """Rows of the tenant acted for, and no others."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(OfCurrentTenant("tenant"))


class TenantModel(models.Model):
    """A row that one tenant owns."""

    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, editable=False, default=current_tenant_id)

    objects = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse a reference to another tenant's row, however it was obtained."""
        for field in self._meta.concrete_fields:
            model = field.related_model
            if not (isinstance(model, type) and issubclass(model, TenantModel)):
                continue
            key = getattr(self, field.attname)
            if key is None:
                continue
            related = self._state.fields_cache.get(field.name)
            if related is None:
                with acting_for(EVERYONE):
                    theirs = model.objects.filter(pk=key).values_list("tenant_id", flat=True).first()
            else:
                theirs = related.tenant_id
            if theirs is not None and theirs != self.tenant_id:
                raise ForeignTenant(f"{self._meta.label}.{field.name} refers to a row of another tenant")
        super().save(*args, **kwargs)

    # `tenant` is on no form, yet part of every key: without it a clash is an
    # IntegrityError instead of a message beside the field.
    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(set(exclude or ()) - {"tenant"})

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        super().validate_constraints(set(exclude or ()) - {"tenant"})
