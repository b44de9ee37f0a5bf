"""Does a text look like a real credential, by its letters alone?

Which names take secrets and which words are placeholders is data of the rules. This is the part that no pattern can
say: whether the characters look drawn, or chosen for a person to read.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2

MIN_LENGTH = 8
MIN_ESCAPES = 4  # of bytes, as they are written
MIN_ENTROPY = 2.8  # bits a character; English words have 2 to 3.3, hexadecimal keys 3.3 to 4, base 64 over 4
MAX_WORDS = 0.75  # of the letters may lie in runs that read like words
_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_PLAIN = re.compile(
    r"""^(?:
        [a-z][a-z0-9+.-]*://[^@]*            # an address without credentials
      | [\w-]+(?:\.[\w-]+)+(?:\(.*\))?       # a dotted path, a file or a host
      | [./~$@#%<\[({^*].*                   # a path, variable, selector, template or pattern
      | \d+(?:[.:,-]\d+)*                    # a number, a date, a version
      | \w+(?::\w+)+                         # scopes and keys of translations
      | .*[\s{}\\|<>].*                      # a sentence, a template, a pattern
    )$""",
    re.VERBOSE | re.DOTALL,
)


def entropy(text: str) -> float:
    """Bits of information a character, from how often each occurs in the text."""
    total = len(text)
    return -sum(count / total * log2(count / total) for count in Counter(text).values()) if total else 0.0


def wordiness(text: str) -> float:
    """Which part of the letters and digits lies in runs that read like words, from 0 to 1."""
    letters = sum(char.isalnum() for char in text)
    words = sum(len(word) for word in _WORD.findall(text) if _readable(word))
    return words / letters if letters else 1.0


def looks_drawn(text: str) -> bool:
    """Does the text look like a key or a password, not like a name, a sentence, a path or a number?"""
    if text.count("\\x") >= MIN_ESCAPES:
        return True  # bytes that no keyboard has
    if len(text) < MIN_LENGTH or _PLAIN.match(text):
        return False
    return entropy(text) >= MIN_ENTROPY and wordiness(text) <= MAX_WORDS


def _readable(word: str) -> bool:
    """Vowels and consonants in turn, as words have them."""
    vowels = sum(char in "aeiouyAEIOUY" for char in word)
    return 0.2 <= vowels / len(word) <= 0.7
