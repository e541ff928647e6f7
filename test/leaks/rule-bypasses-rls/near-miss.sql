-- Its owner is bound by the policies of what it touches.
CREATE RULE copy AS ON INSERT TO parents DO ALSO UPDATE kids SET note = 'seen';
