"""Which blocks of a document made from text become which slide. Pure: no browser in here."""
