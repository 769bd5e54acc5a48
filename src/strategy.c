/*
 * strategy.c
 *		The names of the strategies that choose locations.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing.h"

const char *const RouteStrategyNames[] = {
	"cheapest", "nearest", "fastest", "fewest_splits", "balanced", NULL
};

/*
 * RouteStrategyFromName is the strategy of a name that a document or a table
 * has checked; NULL is ROUTE_DEFAULT.
 */
RouteStrategy
RouteStrategyFromName(const char *name)
{
	if (name == NULL)
		return ROUTE_DEFAULT;
	for (int i = 0; RouteStrategyNames[i] != NULL; i++)
		if (strcmp(RouteStrategyNames[i], name) == 0)
			return ROUTE_CHEAPEST + i;
	elog(ERROR, "strategy \"%s\" does not exist", name);
}
