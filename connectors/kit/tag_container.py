"""The container script of tag-based connectors: which tags fire in a visitor's browser, and when.

A page sets `window.patchbay = {memberships: ["vip", "welcome/mail-1"], consent: ["ads"], profileId: "p-1"}`, loads the
container, and calls `patchbay.update()` when that changes. The script has no `eval` and no inline HTML: under a content
security policy it needs its own address in `script-src`, and the hosts of its tags in `img-src` or `script-src` (or a
nonce, which it passes on).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from connectors.kit.errors import InvalidSettings
from connectors.kit.web_address import split_url

MACROS = ("page_url", "profile_id", "timestamp")
MACRO = re.compile(r"\{([^{}]*)\}")


class TagKind(StrEnum):
    """What a tag is to the browser."""

    PIXEL = "pixel"
    SCRIPT = "script"


class Fires(StrEnum):
    """How often a tag fires for a visitor who is a member."""

    EVERY_PAGE = "every_page"
    ONCE_PER_SESSION = "once_per_session"


@dataclass(frozen=True, slots=True)
class TagTemplate:
    """What an action of a tag-based connector publishes. `url` is https; nothing is loaded from another host."""

    kind: TagKind
    url: str
    fires: Fires = Fires.EVERY_PAGE


@dataclass(frozen=True, slots=True)
class Tag:
    """A template in use: for members of any of `memberships` (`audience`, `journey` or `journey/step`) who have given
    every category of `consent`."""

    id: str
    template: TagTemplate
    memberships: tuple[str, ...]
    consent: tuple[str, ...] = ()


def build_container(tags: Iterable[Tag], version: str) -> str:
    """The script, the same for the same tags; raises `InvalidSettings` for a tag that may not be published."""
    listed = [_published(tag) for tag in sorted(tags, key=lambda tag: tag.id)]
    return _SCRIPT.replace("@VERSION@", _literal(version)).replace("@TAGS@", _literal(listed))


def container_hosts(tags: Iterable[Tag]) -> dict[str, tuple[str, ...]]:
    """The hosts that a page's content security policy has to allow, by directive."""
    hosts: dict[str, set[str]] = {"img-src": set(), "script-src": set()}
    for tag in tags:
        directive = "img-src" if tag.template.kind is TagKind.PIXEL else "script-src"
        hosts[directive].add(split_url(tag.template.url).authority)
    return {directive: tuple(sorted(found)) for directive, found in hosts.items()}


def check_macros(text: str) -> None:
    """Raises `InvalidSettings` for a `{…}` that no container fills."""
    for name in MACRO.findall(text):
        if name not in MACROS:
            known = ", ".join(f"{{{macro}}}" for macro in MACROS)
            raise InvalidSettings(f"{{{name[:40]}}} is not filled by the container; there is {known}.")


def fill_macros(url: str, values: Mapping[str, str]) -> str:
    """The URL that the browser asks for, with these values."""
    return MACRO.sub(lambda macro: quote(values.get(macro[1], ""), safe="!'()*-._~"), url)


def _published(tag: Tag) -> dict[str, object]:
    check_macros(tag.template.url)
    address = split_url(tag.template.url)
    if address.scheme != "https" or MACRO.search(address.host):
        raise InvalidSettings("A tag is loaded with https://, from a host that is the same for every visitor.")
    return {
        "id": tag.id,
        "kind": tag.template.kind.value,
        "url": tag.template.url,
        "host": address.authority,
        "once": tag.template.fires is Fires.ONCE_PER_SESSION,
        "memberships": sorted(set(tag.memberships)),
        "consent": sorted(set(tag.consent)),
    }


def _literal(value: object) -> str:
    """JSON that is safe in JavaScript, also where a page holds the script inline."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


_SCRIPT = """\
(function (tags, version) {
  "use strict";
  var patchbay = (window.patchbay = window.patchbay || {});
  var nonce = document.currentScript && document.currentScript.nonce;
  var fired = {};

  function has(list, name) {
    return Array.isArray(list) && list.indexOf(name) >= 0;
  }

  function isWanted(tag) {
    return (
      tag.memberships.some(function (name) { return has(patchbay.memberships, name); }) &&
      tag.consent.every(function (name) { return has(patchbay.consent, name); })
    );
  }

  function isFirst(tag) {
    if (!tag.once) return true;
    var key = "patchbay.tag." + tag.id;
    try {
      if (window.sessionStorage.getItem(key)) return false;
      window.sessionStorage.setItem(key, "1");
    } catch (blocked) {
      return true; // without storage a session is a page
    }
    return true;
  }

  function address(tag) {
    var values = {
      page_url: window.location.href,
      profile_id: patchbay.profileId === undefined ? "" : String(patchbay.profileId),
      timestamp: String(Date.now()),
    };
    return tag.url.replace(/\\{([^{}]*)\\}/g, function (_, name) {
      return encodeURIComponent(values[name] || "");
    });
  }

  function fire(tag) {
    var url = new URL(address(tag));
    if (url.protocol !== "https:" || url.host !== tag.host) return;
    if (tag.kind === "pixel") {
      new Image(1, 1).src = url.href;
      return;
    }
    var script = document.createElement("script");
    script.async = true;
    if (nonce) script.nonce = nonce;
    script.src = url.href;
    document.head.appendChild(script);
  }

  function update() {
    tags.forEach(function (tag) {
      if (fired[tag.id] || !isWanted(tag)) return;
      fired[tag.id] = true;
      if (isFirst(tag)) fire(tag);
    });
  }

  patchbay.version = version;
  patchbay.update = update;
  update();
})(@TAGS@, @VERSION@);
"""
