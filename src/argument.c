/*
 * argument.c
 *		Checks of the plain arguments that commands take beside documents.
 *
 * An argument that cannot be meant is 22023 (invalid_parameter_value), a code
 * that does not exist OM006.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include <ctype.h>

#include "utils/builtins.h"

#define TEXT_BYTES_MAX	1000

/*
 * RequireText raises 22023 for a text that is blank or very long, and returns
 * a copy of any other.
 */
char *
RequireText(text *value, const char *name)
{
	char	   *copy = text_to_cstring(value);
	const char *c = copy;

	while (isspace((unsigned char) *c))
		c++;
	if (*c == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be blank", name)));
	if (strlen(copy) > TEXT_BYTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is too long", name),
				 errdetail("It has %zu bytes, the limit is %d.",
						   strlen(copy), TEXT_BYTES_MAX)));
	return copy;
}

/*
 * RequireMax raises 22023 for how many a call of a job may take, unless it is
 * from 1 to a limit.
 */
void
RequireMax(int32 max, int32 limit)
{
	if (max < 1 || max > limit)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max must be between 1 and %d", limit),
				 errdetail("It is %d.", max)));
}
