"""The headers that go with every answer of the public site, and the same as snippets for nginx and Caddy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

ATTACHED = re.compile(
    r"/[^/]+/u/[^/]+/files/"
)  # Addresses of attached files: to be saved, never shown in the site's name.
NGINX, CADDY = "headers.nginx.conf", "headers.Caddyfile"


# nginx adds no header whose value is blank.
_NGINX_FILES = f"""set $portal_disposition "";
if ($uri ~ "^{ATTACHED.pattern}") {{ set $portal_disposition attachment; }}
add_header Content-Disposition $portal_disposition;
"""
_CADDY_FILES = f"""@attached path_regexp attached ^{ATTACHED.pattern}
header @attached Content-Disposition attachment
"""


def content_policy(search_url: str | None = None, report_url: str | None = None) -> str:
    """Return the content security policy: own styles, pictures and script files only, no frame, nothing inline.

    Forms may be sent to the site itself and, where questions go to a live site, to `search_url`'s origin.
    Where reports are taken over the network, scripts may ask the site itself (for the key list) and `report_url`'s
    origin, and work in the background; nobody else, and no form is sent there.
    """
    host = _origin(report_url)
    asks = f"; connect-src 'self'{host}; worker-src 'self'" if host else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{_origin(search_url)}{asks}"
    )


def _origin(url: str | None) -> str:
    try:
        parts = urlsplit(url or "")
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    # Nothing that could end the directive, or the snippet's line, gets into it.
    plain = parts.netloc.isascii() and not set(parts.netloc) & set("'\";,\\{}$ \t\r\n@")
    return f" {parts.scheme}://{parts.netloc}" if known and plain else ""


def security_headers(policy: str) -> dict[str, str]:
    """Return the headers of every answer."""
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def header_snippets(policy: str) -> dict[str, str]:
    """Return file name and text of the snippets that nginx and Caddy include; raise `ValueError` for a torn policy."""
    if set(policy) & set('"\\{}$\r\n'):
        raise ValueError("the policy holds a character that would break out of its quotes")
    headers = security_headers(policy).items()
    return {
        NGINX: "".join(f'add_header {name} "{value}" always;\n' for name, value in headers) + _NGINX_FILES,
        CADDY: "header {\n"
        + "".join(f'\t{name} "{value}"\n' for name, value in headers)
        + "}\n"
        + _CADDY_FILES,
    }
