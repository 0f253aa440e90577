#!/usr/bin/env python3
"""Writes legacy_charsets.txt: the character sets of databases that are not UTF-8, by Python's codecs.

usage: legacy_charsets.py > legacy_charsets.txt

A line with the set's name, then its characters: one line of 128 for a set of single bytes (from 0x80 on), 94 lines of 94 for a plane of
two bytes (both from 0xA1 on). A blank stands for a place that is not taken.
"""


def decoded(data, codec):
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return " "
    return text if len(text) == 1 and text.isprintable() and ord(text) < 0x10000 else " "


for codec in ("cp1251", "koi8_r", "latin_1"):
    print(codec)
    print("".join(decoded(bytes([byte]), codec) for byte in range(0x80, 0x100)))
for name, codec, lead in (("euc_jp", "euc_jp", b""), ("jisx0212", "euc_jp", b"\x8f"), ("euc_kr", "euc_kr", b""), ("euc_cn", "gb2312", b"")):
    print(name)
    for first in range(0xA1, 0xFF):
        print("".join(decoded(lead + bytes([first, second]), codec) for second in range(0xA1, 0xFF)))
