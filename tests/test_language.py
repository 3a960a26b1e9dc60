"""Every message to users exists in Chinese, and the compiled catalogue is the one in the source."""

import re

import compile_messages as catalogue


def test_every_message_of_the_source_is_translated():
    assert catalogue.untranslated() == []


def test_a_translation_has_the_slots_of_its_message():
    slots = re.compile(r"\{\w+\}")
    for message in catalogue.catalogue():
        if message.id:
            assert sorted(set(slots.findall(message.string))) == sorted(set(slots.findall(message.id))), message.id


def test_the_compiled_catalogue_is_current():
    assert catalogue.CATALOGUE.with_suffix(".mo").read_bytes() == catalogue.compiled()
