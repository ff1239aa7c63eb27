"""Merkle trees of RFC 6962 over commitments: a root for a batch, a short proof for each. Pure."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Proof(NamedTuple):
    """That a commitment is leaf `place` (from 0) of `leaves`: siblings from the leaf upwards."""

    place: int
    leaves: int
    siblings: tuple[str, ...]


def _leaf(commitment: str) -> bytes:
    return hashlib.sha256(b"\0" + bytes.fromhex(commitment)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(leaves: int) -> int:
    """The largest power of two that is smaller than the number of leaves."""
    return 1 << (leaves - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    left = _split(len(leaves))
    return _node(_root(leaves[:left]), _root(leaves[left:]))


def root_of(commitments: Sequence[str]) -> str:
    """The root, in hex, over at least one commitment in hex."""
    if not commitments:
        raise ValueError("a batch has a commitment")
    return _root([_leaf(commitment) for commitment in commitments]).hex()


def proof_of(commitments: Sequence[str], place: int) -> Proof:
    """The proof that the commitment at this place (from 0) is under the root."""
    if not 0 <= place < len(commitments):
        raise ValueError("no such leaf")
    hashes = [_leaf(commitment) for commitment in commitments]
    return Proof(place, len(hashes), tuple(each.hex() for each in _siblings(hashes, place)))


def _siblings(leaves: Sequence[bytes], place: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    left = _split(len(leaves))
    if place < left:
        return [*_siblings(leaves[:left], place), _root(leaves[left:])]
    return [*_siblings(leaves[left:], place - left), _root(leaves[:left])]


def root_proved(commitment: str, proof: Proof) -> str:
    """The root that a proof leads to from this commitment; ValueError if it cannot be one."""
    if not 0 <= proof.place < proof.leaves:
        raise ValueError("no such leaf")
    siblings = [bytes.fromhex(sibling) for sibling in proof.siblings]
    found = _climb(_leaf(commitment), proof.place, proof.leaves, siblings)
    if siblings:
        raise ValueError("a proof that is too long")
    return found.hex()


def _climb(leaf: bytes, place: int, leaves: int, siblings: list[bytes]) -> bytes:
    if leaves == 1:
        return leaf
    if not siblings:
        raise ValueError("a proof that is too short")
    sibling, left = siblings.pop(), _split(leaves)
    if place < left:
        return _node(_climb(leaf, place, left, siblings), sibling)
    return _node(sibling, _climb(leaf, place - left, leaves - left, siblings))
