"""Passwords: how they are kept, compared and judged.

Argon2id with the second recommendation of RFC 9106 (64 MiB, three passes, four lanes). A password is compared
in its NFKC form, so that full-width and half-width typing are one; nothing else is changed, cut or trimmed.
Following NIST SP 800-63B there is a least length and a list of what is guessed first, and no rule of
composition, no expiry.
"""

from __future__ import annotations

import re
import unicodedata

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 10  # Characters. Asked again in no other way: length is what holds.
MOST = 200  # Characters; a bound for what is normalised and hashed, beyond any sentence that people type.

_HASHER = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
# The digest of a random password that nobody knows: comparing with it takes as long as with a real one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$JNw80MwaFdpWLb9unOxlEA$LhN1ddyuPjp5iLiszy6wpbKySHFTZ4on6Dau6qt3+X8"

# What Chinese and English passwords are most often put together from. A password that is nothing else is refused.
_PIECES = (
    *("administrator", "admin", "root", "guest", "test", "user", "login", "system", "manager", "master"),
    *(
        "password",
        "passwd",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "pass",
        "mima",
        "wodemima",
        "welcome",
        "letmein",
    ),
    *("qwertyuiop", "qwerty", "qwer", "asdfghjkl", "asdfgh", "asdf", "zxcvbnm", "zxcvbn", "zxcv"),
    *(
        "1qaz",
        "2wsx",
        "3edc",
        "4rfv",
        "5tgb",
        "qazwsx",
        "qaz",
        "wsx",
        "edc",
        "zaq",
        "xsw",
        "!qaz",
        "@wsx",
        "#edc",
    ),
    *("abcdefghij", "abcdefg", "abcdef", "abcde", "abcd", "abc", "xyz", "aaa"),
    *(
        "woaini",
        "woaiwojia",
        "woaizhongguo",
        "woaiwo",
        "aini",
        "iloveyou",
        "loveyou",
        "love",
        "baobei",
        "laopo",
    ),
    *("laogong", "baobao", "nihao", "zhongguo", "china", "beijing", "shanghai", "weixin", "taobao", "alipay"),
    *(
        "huawei",
        "xiaomi",
        "windows",
        "oracle",
        "office",
        "portal",
        "sunshine",
        "yangguang",
        "gongkai",
        "caiwu",
    ),
    *("jiwei", "jijian", "jiancha", "zhengfu", "danwei", "bangong", "gongzuo", "kuaiji", "chuna"),
    *(
        "5201314",
        "1314520",
        "1314",
        "520",
        "521",
        "147258369",
        "147258",
        "258369",
        "159357",
        "159753",
        "741852",
    ),
    *("963852", "789456", "456789", "112233", "123321", "321", "123", "1234", "12345", "123456", "1234567"),
    *("12345678", "123456789", "1234567890", "0123456789", "9876543210", "987654321", "87654321", "7654321"),
    *("654321", "54321", "4321", "123123", "168", "888", "666", "999", "10086", "10010", "12388", "12345"),
)
_LONGEST_FIRST = sorted(set(_PIECES), key=len, reverse=True)
_COMMON = re.compile("|".join([r"(?:19|20)\d{2}(?:[01]\d[0-3]\d)?", *map(re.escape, _LONGEST_FIRST)]))
_RUN = re.compile(r"(.)\1{2,}")  # One character, three times and more.
_REPEATED = re.compile(r"(.{1,4}?)\1+.?")  # Nothing but one short piece over and over.
_NUMBER = re.compile(r"1[3-9]\d{9}|\d{17}[\dx]|\d{15}")  # A mobile or an identity number.
_OWN_WORK = 4  # So many characters must be left that are in none of the usual pieces.


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password[:MOST])


def hash_password(password: str) -> str:
    """Return what is kept of the password: its Argon2id digest with salt and parameters."""
    return _HASHER.hash(_normal(password))


def check_password(stored: str | None, password: str) -> bool:
    """Tell whether it is the password. Where nothing is stored the same work is done, and the answer is no."""
    try:
        right = _HASHER.verify(stored or _NOBODY, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None and len(password) <= MOST


def needs_rehash(stored: str) -> bool:
    """Tell whether the digest was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def weakness(password: str, *, login: str, name: str, unit_name: str | None) -> str | None:
    """Say in Chinese why the password is too easily guessed and what would be better; None where it will do."""
    text = _normal(password).casefold()
    if len(text) < LEAST:
        return f"密码太短：至少 {LEAST} 个字符，现在是 {len(text)} 个。可以用一句自己记得住的话，中文也可以。"
    if len(password) > MOST:
        return f"密码太长：最多 {MOST} 个字符。"
    for what, own in (("登录名", login), ("姓名", name), ("单位名称", unit_name)):
        if any(one in text for one in _forms(own or "")):
            return f"密码中含有您的{what}，容易被人猜到。请换成与{what}无关的内容。"
    if _NUMBER.fullmatch(text):
        return "密码是一个手机号或身份证号，别人可能知道。请换成只有自己知道的一句话。"
    if _guessed_first(text):
        return (
            "密码由常见的词、键盘顺序、年份或重复的字符拼成，最先被人猜到。"
            "请换一个，例如几个互不相干的词，或一句自己记得住的话。"
        )
    return None


def _forms(own: str) -> list[str]:
    """Return the text as people would work it into a password: as it is, and spelled in pinyin."""
    from pypinyin import lazy_pinyin  # Its tables are slow to load, and only new passwords need them.

    plain = "".join(unicodedata.normalize("NFKC", own).casefold().split())
    spelled = "".join(lazy_pinyin(plain)).casefold() if plain else ""
    # Two characters of Chinese are a name; two Latin letters are in every second password.
    return [one for one in {plain, spelled} if len(one) >= (3 if one.isascii() else 2)]


def _guessed_first(text: str) -> bool:
    if _REPEATED.fullmatch(text):
        return True
    left = _RUN.sub("", _COMMON.sub("", _RUN.sub("", text)))
    # Signs between the pieces (Admin@123456) are expected by whoever guesses.
    return len([one for one in left if one.isalnum()]) < _OWN_WORK
