"""Table: treatments."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record
from app.kit.wire import Money


class Treatment(Record, Base):
    """`phases` is a list of `{minutes, attended}`; the length is their sum. Nulls fall back on the clinic's settings."""

    __tablename__ = "treatments"

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    summary: Mapped[str | None]
    phases: Mapped[list[Any]]
    buffer_before_minutes: Mapped[int]
    buffer_after_minutes: Mapped[int]
    step_minutes: Mapped[int | None]
    place_kind: Mapped[str | None]
    price_amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_currency: Mapped[str]
    audience: Mapped[str]
    needs_approval: Mapped[bool]
    bookable_online: Mapped[bool]
    notice_minutes: Mapped[int | None]
    horizon_days: Mapped[int | None]
    change_notice_minutes: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def duration_minutes(self) -> int:
        return sum(phase["minutes"] for phase in self.phases)

    @property
    def price(self) -> dict[str, Any]:
        return {"amount": self.price_amount, "currency": self.price_currency}

    @price.setter
    def price(self, value: Money) -> None:
        self.price_amount, self.price_currency = value.amount, value.currency
