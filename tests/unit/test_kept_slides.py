"""What is kept of decks is bounded, and what nobody asked for longest goes first."""

from __future__ import annotations

from pressrun.browser.kept_slides import KeptSlide, KeptSlides, KeptStretch
from pressrun.slide_texts import SlideText


def slide(letters: int) -> KeptSlide:
    return KeptSlide("x" * letters, 500.0, 0.5, SlideText(index=1, blocks=[]), (), ())


def test_it_keeps_no_more_than_its_bytes_and_what_was_asked_for_last() -> None:
    one = slide(1_000).size_bytes
    kept = KeptSlides(10 * one)
    for number in range(30):
        kept.keep_slide(bytes([number]), slide(1_000))
        assert kept.slide(bytes([0])) is not None  # asked for each time
        assert kept.bytes <= 10 * one
    assert kept.slide(bytes([29])) is not None
    assert kept.slide(bytes([1])) is None
    assert kept.bytes == 10 * one


def test_stretches_and_slides_share_the_room_and_what_is_too_large_is_not_kept() -> None:
    kept = KeptSlides(20_000)
    for number in range(50):
        kept.keep_stretch(bytes([number]), KeptStretch(0, 1, ()))
        kept.keep_slide(bytes([number]), slide(10))
        assert kept.bytes <= 20_000
    before = kept.bytes
    kept.keep_slide(b"large", slide(100_000))
    assert kept.slide(b"large") is None
    assert kept.bytes == before > 0


def test_what_is_kept_twice_counts_once() -> None:
    kept = KeptSlides()
    kept.keep_slide(b"a", slide(10))
    before = kept.bytes
    kept.keep_slide(b"a", slide(10))
    assert kept.bytes == before
