"""Voices: programs and endpoints that say a sentence. Each is a module; `catalog` knows which this server has."""
