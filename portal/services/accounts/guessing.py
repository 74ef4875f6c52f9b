"""What is guessed first: passwords put together from nothing but the usual pieces."""

from __future__ import annotations

import re

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


def guessed_first(text: str) -> bool:
    """Tell whether a password (folded) is a telephone or identity number, or made of usual words, keys, years and runs only."""
    if _NUMBER.fullmatch(text) or _REPEATED.fullmatch(text):
        return True
    left = _RUN.sub("", _COMMON.sub("", _RUN.sub("", text)))
    # Signs between the pieces (Admin@123456) are expected by whoever guesses.
    return len([one for one in left if one.isalnum()]) < _OWN_WORK
