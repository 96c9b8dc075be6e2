"""Every environment variable, read once and checked at start."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT = Path(__file__).resolve().parents[1]


def _default_state_dir() -> Path:
    """Beside a checkout's sources, so that two checkouts do not meet; else where programs keep a user's data."""
    if (_ROOT / "pyproject.toml").exists():
        return _ROOT / ".meridian"
    return Path.home() / ".local" / "share" / "meridian"


class SettingsError(Exception):
    """One clear sentence about what is set wrongly."""


class Settings(BaseSettings):
    """The settings; names in the environment are these in capitals behind MERIDIAN_, and DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="MERIDIAN_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="postgresql://… ; without it the embedded server is used",
    )
    state_dir: Path = Field(default_factory=_default_state_dir, description="Where the embedded server and other state live")
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs cursors and locks up stored answers, the same on all replicas; without it one is kept in the database",
    )
    database_pool_size: Annotated[int, Field(ge=1, le=100)] = 15
    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 1024 * 1024
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    jobs_inside: bool = Field(default=False, description="Run background jobs in the server; `meridian serve` says so itself")
    reuse_answers: bool = Field(
        default=True, description="Off: every search for free times reads everything anew, which is slow and never needed"
    )
    trusted_proxies: str = Field(
        default="",
        pattern=r"^[0-9a-fA-F:./, ]*$",
        description="Addresses or networks of proxies, between commas; from these a client's own address is taken from X-Forwarded-For",
    )
    token_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 12

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("must begin with postgresql://")
        return value


def load() -> Settings:
    """The settings of this process. Raises SettingsError, which names the variable and never its value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "?"
        variable = name if name.startswith(("DATABASE_URL", "MERIDIAN_")) else f"MERIDIAN_{name}"
        raise SettingsError(f"{variable} is set wrongly: {first['msg'].removeprefix('Value error, ')}.") from None
