ALTER VIEW parent_names OWNER TO leak_app;
