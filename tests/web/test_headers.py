"""The snippets for nginx and Caddy say what the site's own server says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.web.headers import CADDY, NGINX, content_policy, header_snippets, security_headers

ROOT = Path(__file__).resolve().parents[2]


def test_both_servers_are_given_every_header() -> None:
    policy = content_policy("https://search.example.gov.cn/find?a=1")
    snippets = header_snippets(policy)

    nginx = dict(re.findall(r'^add_header (\S+) "(.*)" always;$', snippets[NGINX], re.MULTILINE))
    caddy = dict(re.findall(r'^\t(\S+) "(.*)"$', snippets[CADDY], re.MULTILINE))
    assert nginx == caddy == security_headers(policy)
    assert "form-action 'self' https://search.example.gov.cn" in nginx["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "url",
    ["https://a.example'; script-src *", "https://u:p@a.example", "javascript:alert(1)", "https://[",
     "https://例子.example", "https://a.example;x", ""],
)  # fmt: skip
def test_nothing_breaks_out_of_the_policy(url: str) -> None:
    assert content_policy(url) == content_policy()


def test_scripts_may_ask_the_report_host_where_there_is_one() -> None:
    policy = content_policy("https://search.example.gov.cn", "https://report.example.gov.cn/a?b")
    assert policy.startswith(content_policy("https://search.example.gov.cn"))
    assert policy.endswith("; connect-src 'self' https://report.example.gov.cn; worker-src 'self'")
    nginx = header_snippets(policy)[NGINX]
    assert "connect-src 'self' https://report.example.gov.cn; worker-src 'self'\" always;" in nginx
    for torn in ("https://a.example'; script-src *", "javascript:alert(1)", "https://a.example;x", ""):
        assert content_policy(None, torn) == content_policy()


def test_a_torn_policy_makes_no_snippet() -> None:
    with pytest.raises(ValueError, match="quotes"):
        header_snippets('default-src "x"')


def test_the_command_prints_what_the_configurations_include(home: Path) -> None:
    for server, name, file in (("nginx", NGINX, "nginx.conf"), ("caddy", CADDY, "Caddyfile")):
        output = CliRunner().invoke(main, ["headers", server], catch_exceptions=False).output
        assert output == header_snippets(content_policy())[name]
        assert name in (ROOT / "docs" / "deploy" / file).read_text(encoding="utf-8")


def test_the_server_of_the_public_site_keeps_no_line_about_who_opened_the_form_of_reports() -> None:
    for file in ("nginx.conf", "report.nginx.conf"):
        told = (ROOT / "docs" / "deploy" / file).read_text(encoding="utf-8")
        assert "\n    access_log off;\n    error_log /dev/null emerg;\n" in told
    told = (ROOT / "docs" / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert not [line for line in told.splitlines() if line.split()[:1] == ["log"]]  # None of its own accord.
