"""Merkle trees of RFC 6962: known answers, and proofs that hold for the right leaf alone."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.merkle import Proof, proof_of, root_of, root_proved

commitments = st.lists(
    st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=40, unique=True
)


def leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


# Certificate Transparency's own test leaves and roots (RFC 6962, reference implementation).
LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of(LEAVES[:size]) == ROOTS[size - 1]


def test_seven_leaves_hang_together_as_the_rfc_draws_them() -> None:
    names = [bytes([n]) * 32 for n in range(7)]
    d0, d1, d2, d3, d4, d5, d6 = map(leaf, names)
    left = node(node(d0, d1), node(d2, d3))
    right = node(node(d4, d5), d6)
    written = [name.hex() for name in names]
    assert root_of(written) == node(left, right).hex()
    assert proof_of(written, 6) == Proof(6, 7, (node(d4, d5).hex(), left.hex()))
    assert proof_of(written, 3) == Proof(3, 7, (d2.hex(), node(d0, d1).hex(), right.hex()))


@given(commitments, st.data())
def test_every_leaf_is_proved_and_no_other(leaves: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = proof_of(leaves, place), root_of(leaves)
    assert root_proved(leaves[place], proof) == root
    for other in set(leaves) - {leaves[place]}:
        assert root_proved(other, proof) != root


@given(commitments, st.data())
def test_a_proof_of_another_length_is_none(leaves: list[str], data: st.DataObject) -> None:
    proof = proof_of(leaves, data.draw(st.integers(0, len(leaves) - 1)))
    longer = proof._replace(siblings=(*proof.siblings, "0" * 64))
    with pytest.raises(ValueError, match="too long"):
        root_proved(leaves[proof.place], longer)
    if proof.siblings:
        with pytest.raises(ValueError, match="too short"):
            root_proved(leaves[proof.place], proof._replace(siblings=proof.siblings[1:]))


def test_there_is_no_root_over_nothing_and_no_proof_of_a_leaf_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="has a commitment"):
        root_of([])
    for place in (-1, 2):
        with pytest.raises(ValueError, match="no such leaf"):
            proof_of(["00", "11"], place)
        with pytest.raises(ValueError, match="no such leaf"):
            root_proved("00", Proof(place, 2, ("11",)))
