-- expect: publication-unfiltered:"leak_feed"
CREATE PUBLICATION leak_feed FOR TABLE kids;
