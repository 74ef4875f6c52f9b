"""The English edition of the interface, under `/en/`: the same pages over the same templates. Content stays Chinese.

Pages of records are not doubled: links lead from here to the Chinese ones, and say so.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, request
from flask_babel import Babel, force_locale
from markupsafe import Markup

from portal.site.pages.english import ENGLISH, in_english
from portal.site.pages.shell import Context
from portal.site.snapshot import Snapshot
from portal.web.public.english.catalog import Catalog, shipped
from portal.web.public.english.compiling import EnglishEnvironment
from portal.web.public.output import CompiledTemplates
from portal.web.public.rendering import FILTERS, Rendering, Twin

LOCALE = "en"
CHINESE = "zh_Hans_CN"


def environment(app: Flask, catalog: Catalog | None = None) -> EnglishEnvironment:
    """Return an environment over the app's templates that speaks English."""
    chinese = app.jinja_env
    compiled = chinese.bytecode_cache
    env = EnglishEnvironment(
        catalog or shipped(),
        loader=chinese.loader,
        autoescape=chinese.autoescape,
        trim_blocks=chinese.trim_blocks,
        lstrip_blocks=chinese.lstrip_blocks,
        auto_reload=False,
        bytecode_cache=compiled.edition(ENGLISH) if isinstance(compiled, CompiledTemplates) else None,
    )
    env.globals.update({name: value for name, value in chinese.globals.items() if name not in env.globals})
    env.globals["abroad"] = abroad
    return env


def abroad(path: str) -> Markup:
    """Return the attribute of a link that leads out of the English edition to a page; nothing for other links."""
    file = str(path).partition("#")[0]
    chinese = file.endswith(".html") and not in_english(file)
    return Markup(' hreflang="zh-Hans"') if chinese else Markup()


class EnglishRendering(Rendering):
    """Fills the public templates in English."""

    edition = ENGLISH

    def __init__(self, env: EnglishEnvironment, *, search_url: str | None, base_url: str | None) -> None:
        """Prepare the environment; `base_url` is the whole site's, as for the Chinese edition."""
        self.filters = {**FILTERS, **env.speaker.filters}
        super().__init__(env, search_url=search_url, base_url=base_url)

    def linking(self, prefix: str) -> Callable[[str], str]:
        """Return what makes links: pages of this edition stay in it, everything else lies one folder up."""

        def link(path: str) -> str:
            inside = in_english(path.partition("#")[0].partition("?")[0])
            return f"{prefix}{path}" if inside else f"{prefix}../{path}"

        return link

    def twin(self, path: str, prefix: str) -> Twin | None:
        """Return the Chinese page."""
        return Twin(f"{prefix}../{path}", "zh-Hans", Markup("中文"), self.edition)

    def page(self, snapshot: Snapshot, template: str, context: Context, *, up: str | None = None) -> str:
        """Return one page as HTML."""
        with force_locale(LOCALE):
            return super().page(snapshot, template, context, up=up)


def english_rendering(app: Flask, *, search_url: str | None, base_url: str | None) -> EnglishRendering:
    """Return the rendering of the English edition of an app, and let Flask-Babel know which page speaks what."""

    def locale() -> str:
        return LOCALE if request.blueprint == "english" else CHINESE

    Babel(app, configure_jinja=False, default_locale=CHINESE, default_timezone="Asia/Shanghai",
          locale_selector=locale)  # fmt: skip
    env = environment(app)
    app.extensions["english"] = env
    return EnglishRendering(env, search_url=search_url, base_url=base_url)
