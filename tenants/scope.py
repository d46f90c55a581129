"""The tenant wall: which tenant the code acts for, and the manager that asks.

A context variable names the tenant. The default manager of every owned model adds
the predicate when the SQL is compiled, so a queryset made at import time, in a form
or in another task is as safe as one made here; it raises NoTenant when nobody said
for whom. `EVERYONE` is the explicit way past the wall: grep for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, TypeVar
from uuid import uuid4

from django.core.exceptions import FullResultSet, ValidationError
from django.db import models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from tenants.models import Tenant


class NoTenant(RuntimeError):
    """Owned rows were asked for, and nobody said for which tenant."""

    def __init__(self) -> None:
        super().__init__("no tenant: open a scope with acting_for(tenant), or acting_for(EVERYONE)")


class ForeignTenant(RuntimeError):
    """A row would be written for another tenant, or would refer to a row of another tenant."""


class Everyone:
    """Platform staff, migrations and periodic tasks act for all tenants."""

    def __repr__(self) -> str:
        return "EVERYONE"


EVERYONE: Final = Everyone()

Row = TypeVar("Row", bound=models.Model, covariant=True)

_current: ContextVar[Tenant | Everyone | None] = ContextVar("tenant", default=None)
_configuring: ContextVar[Tenant | Everyone | Literal[False] | None] = ContextVar("configuring", default=False)


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


def whose_rows() -> str:
    """What PostgreSQL is told, for its policies: a tenant's key, "*" for EVERYONE, "" for nobody."""
    tenant = _current.get()
    if tenant is None:
        return ""
    return "*" if isinstance(tenant, Everyone) else str(int(tenant.pk or 0))  # 0: deleted


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


class TenantQuerySet(models.QuerySet[Row]):
    """Rows of one tenant: writes in bulk meet the same guard as `save()`, raw SQL is refused."""

    def raw(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotImplementedError("raw SQL would pass the tenant wall")

    def update(self, **values: Any) -> int:
        for name, value in values.items():
            field: Any = self.model._meta.get_field(name)
            if field.name == "tenant":
                raise ForeignTenant(f"{self.model._meta.label}: a row never changes hands")
            if is_owned(field.related_model) and value is not None and not hasattr(value, "resolve_expression"):
                key = value.pk if isinstance(value, models.Model) else value
                if not field.related_model._base_manager.filter(pk=key).exists():
                    raise ForeignTenant(f"{field}: refers to a row of another tenant")
        # `save()` moves the time of the last change; whoever copies rows must see these as well.
        touched = (field.name for field in self.model._meta.concrete_fields if getattr(field, "auto_now", False))
        with configuring(self.model):
            return super().update(**{name: timezone.now() for name in touched} | values)

    def delete(self) -> tuple[int, dict[str, int]]:
        with configuring(self.model):
            return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(
        self,
        objs: Iterable[Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Row]:
        if update_conflicts and "tenant" not in (unique_fields or ()):
            raise ForeignTenant(f"{self.model._meta.label}: the row in conflict may be another tenant's")
        rows = list(objs)
        guard(self.model, rows)
        with configuring(self.model):
            super().bulk_create(rows, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields)
        for row in rows:
            row._owner_id = row.tenant_id  # type: ignore[attr-defined]
        return rows

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> int:
        rows, names = list(objs), list(fields)
        guard(self.model, rows, names)
        with configuring(self.model):
            return super().bulk_update(rows, names, batch_size)


class TenantManager(models.Manager[Row]):
    """Rows of the tenant acted for, and no others."""

    _queryset_class = TenantQuerySet

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(OfCurrentTenant("tenant"))


class TenantModel(models.Model):
    """A row that one tenant owns; it never changes hands."""

    tenant = models.ForeignKey("tenants.Tenant", models.CASCADE, editable=False, default=current_tenant_id)

    objects = TenantManager()

    configures_calls: ClassVar[bool] = False
    """Whether a call is held according to these rows: writing one makes calls read them anew."""

    class Meta:
        abstract = True
        # Following a foreign key, refreshing, the UPDATE of `save()` and what a deletion
        # takes along go through the base manager: it asks for whom as well.
        base_manager_name = "objects"

    _owner_id: int | None = None  # whose the stored row is; None: not stored, or not known

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ForeignTenant and NoTenant as `guard` does."""
        guard(type(self), [self], kwargs.get("update_fields"))
        with configuring(type(self)):
            super().save(*args, **kwargs)
        self._owner_id = self.tenant_id

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises ForeignTenant for a row that the tenant acted for does not own, or no longer."""
        # Django deletes by the key alone, whosever that is.
        if self.pk is not None and not type(self)._base_manager.filter(pk=self.pk).exists():
            raise ForeignTenant(f"{self._meta.label}: not a row of the tenant acted for")
        with configuring(type(self)):
            return super().delete(*args, **kwargs)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._owner_id = row.__dict__.get("tenant_id")  # deferred: not known
        return row

    # `tenant` is on no form, yet part of every key: without it a clash is an
    # IntegrityError instead of a message beside the field.
    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        super().validate_constraints(set(exclude or ()) - {"tenant"})

    # Of whom it is, goes without saying.
    def unique_error_message(self, model_class: type[models.Model], unique_check: Sequence[str]) -> ValidationError:
        own = tuple(name for name in unique_check if name != "tenant")
        return super().unique_error_message(model_class, own)


@contextmanager
def configuring(model: type[models.Model]) -> Iterator[None]:
    """Around each write: the tenant's configuration is another one when rows of calls' settings change.

    `Tenant.configuration` changes in the same transaction, so whoever reads it before the
    rows never takes old rows for new ones (calls.settings).
    """
    tenant = _current.get()
    # Many rows written inside one such block are one change.
    if not is_owned(model) or not model.configures_calls or _configuring.get() is tenant:  # type: ignore[attr-defined]
        yield
        return
    tenants: Any = model._meta.get_field("tenant").related_model
    token = _configuring.set(tenant)
    try:
        with transaction.atomic():
            yield
            rows = tenants.objects.all() if (only := current_tenant()) is None else tenants.objects.filter(pk=only.pk)
            rows.update(configuration=uuid4())
    finally:
        _configuring.reset(token)


def is_owned(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, TenantModel)


def guard(model: type[models.Model], rows: Sequence[Any], names: Collection[str] | None = None) -> None:
    """Ask, before `rows` of an owned model are written (or the fields `names` of them), if they may be.

    Raises ForeignTenant for a row that is not of the tenant acted for, would change hands,
    or refers to a row of another tenant; NoTenant when nobody said for whom.
    """
    tenant = current_tenant()
    for row in rows:
        if tenant is not None and row.tenant_id != tenant.pk:
            raise ForeignTenant(f"{model._meta.label}: not a row of the tenant acted for")
        if row._owner_id not in (None, row.tenant_id):
            raise ForeignTenant(f"{model._meta.label}: a row never changes hands")
    for field in model._meta.concrete_fields:
        if is_owned(field.related_model) and (names is None or not {field.name, field.attname}.isdisjoint(names)):
            _guard_reference(field, rows)


def _guard_reference(field: Any, rows: Sequence[Any]) -> None:
    """A referred row's owner is taken from the object if it came from the database, else looked up."""
    owners: dict[Any, int | None] = {}
    references = []
    for row in rows:
        key = row.__dict__.get(field.attname)  # deferred is not written
        related = row._state.fields_cache.get(field.name)
        if related is not None and key in (None, related.pk):
            key = related.pk
            owners.setdefault(key, related._owner_id)
        if key is not None:
            references.append((key, row.tenant_id))
    unknown = {key for key, _owner in references if owners.get(key) is None}
    if unknown:
        owners.update(field.related_model._base_manager.filter(pk__in=unknown).values_list("pk", "tenant_id"))
    if any(owners.get(key) != owner for key, owner in references):
        raise ForeignTenant(f"{field}: refers to a row of another tenant")
