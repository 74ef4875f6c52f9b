"""Settings: the environment becomes one typed object. Only the edge (apps, cli, sync, demo) reads it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGE = Path(__file__).resolve().parent


def in_checkout() -> bool:
    """Tell whether the package runs from its own checkout rather than an installed wheel."""
    return (PACKAGE.parent / "pyproject.toml").is_file() and (PACKAGE.parent / "templates").is_dir()


def data_dir(name: str) -> Path:
    """Return where `templates` or `content` lie: beside the package in a checkout, inside it in a wheel."""
    return PACKAGE.parent / name if in_checkout() else PACKAGE / "_data" / name


def _default_home() -> Path:
    return PACKAGE.parent if in_checkout() else Path.cwd() / "sunshine-portal"


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"“{text}”不是以 http:// 或 https:// 开头的完整网址")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """One instance, one folder: `PORTAL_HOME` holds everything that the instance writes."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore", frozen=True)

    home: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = Field(
        default_factory=_default_home
    )
    regimes: Path | None = None  # A folder of the county's own regime files, instead of those shipped.
    search_url: WebAddress | None = (
        None  # Where a static copy's search box leads; default: search.html beside it.
    )
    base_url: WebAddress | None = None  # https://… of the public site, for canonical links and the site map.
    precompress: bool = True  # Write .br and .gz beside the site's text files.
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    database_url: str | None = None  # postgresql+psycopg://… as a role that owns nothing; default: SQLite.
    owner_database_url: str | None = None  # The same database as the role that owns its tables (migrations).
    office_port: Annotated[int, Field(ge=0, le=65535)] = 8001
    office_url: WebAddress | None = None  # https://… of the office, a host of its own; for links in mail.
    office_proxy: str | None = (
        None  # The address of the proxy before the office, whose X-Forwarded-For counts.
    )
    office_hosts: tuple[str, ...] = ()  # Further host names under which the office answers.
    # https://… of the report host, as the public reaches it. Without one the form is a page of other channels.
    report_url: WebAddress | None = None
    report_port: Annotated[int, Field(ge=0, le=65535)] = 8002
    report_proxy: str | None = None  # The address of the proxy before the report host.
    report_quota_mb: Annotated[int, Field(ge=16)] = 20_000  # Of all sealed reports together.
    reports_database_url: str | None = None  # A PostgreSQL database of its own; default: SQLite, reports.db.
    attachments_url: str | None = None  # s3://bucket/prefix and the like; default: a folder of the home.
    mail_server: str | None = None  # Without one, letters wait and are shown by `portal mail`.
    mail_port: Annotated[int, Field(ge=1, le=65535)] = 25
    mail_username: str | None = None
    mail_password: SecretStr | None = None
    mail_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str = "阳光权力公开平台 <noreply@localhost>"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "portal.db"

    @property
    def reports_database(self) -> Path:
        """The SQLite file of sealed reports: never the same as the other."""
        return self.home / "reports.db"

    @property
    def key_lists_folder(self) -> Path:
        """Where the signed key lists lie, `<jurisdiction>/<serial>.json`: public, never overwritten."""
        return self.home / "key_lists"

    @property
    def receipt_keys_folder(self) -> Path:
        """Where the report host's signing keys of filing receipts lie, `<jurisdiction>.key`."""
        return self.home / "receipt_keys"

    @property
    def routing_keys_folder(self) -> Path:
        """Where the office's own age keys lie by which it learns who may see a report, `<jurisdiction>.key`."""
        return self.home / "routing_keys"

    @property
    def report_terms_file(self) -> Path:
        """What the office changed of the clocks of reports, for the report host to read: public."""
        return self.home / "report_terms.json"

    @property
    def secret_file(self) -> Path:
        """The instance's own key, readable by its user alone: cookies and second factors are sealed by it."""
        return self.home / "secret.key"

    @property
    def attachments_folder(self) -> Path:
        """Where attachments lie, unless `attachments_url` says otherwise."""
        return self.home / "attachments"

    @property
    def attachments_copies(self) -> Path:
        """Where a build keeps what it needs of attachments that lie in an object store; nothing is lost with it."""
        return self.home / "attachments_copies"

    @property
    def index_folder(self) -> Path:
        """Where the search index lies."""
        return self.home / "search_index"

    @property
    def site_folder(self) -> Path:
        """Where the builds of the static site lie."""
        return self.home / "site_build"

    @property
    def compiled_folder(self) -> Path:
        """Where compiled templates are kept; nothing is lost with it."""
        return self.site_folder / "compiled"

    @property
    def imports_folder(self) -> Path:
        """Where annotated copies of imported files are put."""
        return self.home / "imports"

    @property
    def lock_file(self) -> Path:
        """Held by the one process that may write index and site."""
        return self.home / "portal.lock"

    @cached_property
    def regimes_folder(self) -> Path:
        """Where the regime files lie."""
        return self.regimes or data_dir("content") / "regimes"
