CREATE TABLE things (note text);
ALTER TABLE kids INHERIT things;
