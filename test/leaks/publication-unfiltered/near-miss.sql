CREATE PUBLICATION leak_feed FOR TABLE countries;
