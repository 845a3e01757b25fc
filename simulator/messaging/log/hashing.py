"""Which partition a key belongs to: the hash of Kafka's own producers, so that a key is found where Kafka has it.

Source: Apache Kafka, ``org.apache.kafka.common.utils.Utils.murmur2`` (MurmurHash2, 32 bit, A. Appleby) and
``BuiltInPartitioner.partitionForKey``: ``(murmur2(key) & 0x7fffffff) % partitions``.
"""

from __future__ import annotations

from functools import lru_cache

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_MIX = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """The hash of some bytes, as an unsigned number of 32 bits."""
    length = len(data)
    whole = length - length % 4
    hashed = (_SEED ^ length) & _MASK
    for place in range(0, whole, 4):
        word = int.from_bytes(data[place : place + 4], "little") * _MIX & _MASK
        word = (word ^ word >> 24) * _MIX & _MASK
        hashed = (hashed * _MIX & _MASK) ^ word
    if whole < length:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _MIX & _MASK
    hashed = (hashed ^ hashed >> 13) * _MIX & _MASK
    return hashed ^ hashed >> 15


@lru_cache(maxsize=65_536)
def partition_of(key: str | int, partitions: int) -> int:
    """The partition, from 0, of a key: of its text."""
    return (murmur2(str(key).encode()) & 0x7FFFFFFF) % partitions
