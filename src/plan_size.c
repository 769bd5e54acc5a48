/*
 * plan_size.c
 *		Lets the extension's plans be made for a large store.
 *
 * A saved plan outlives the statistics that it was made from.  Made on the
 * first day, when each table fits on a page, it may as well read all of an
 * index as look one entry up, and would go on so for as long as the session
 * lives or until ANALYZE finds the table grown.  So the planner is told that
 * the tables of the store are large already, whenever it plans a query of
 * ours or one that follows from it, such as the check of a foreign key.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "catalog/namespace.h"
#include "optimizer/plancat.h"
#include "utils/lsyscache.h"

#define LARGE_PAGES		100000.0
#define LARGE_TUPLES	5000000.0
#define INDEX_SHARE		4		/* a page of an index holds as many more */

static get_relation_info_hook_type next_hook = NULL;

/*
 * AssumeLarge is called by the planner when it has looked up a table.  Partial
 * indexes keep their size: what they leave out is what makes them useful.
 */
static void
AssumeLarge(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel)
{
	ListCell   *cell;

	if (next_hook != NULL)
		next_hook(root, relation, inhparent, rel);
	if (!StorePlans() ||
		get_rel_namespace(relation) != get_namespace_oid("oms", true))
		return;
	rel->pages = Max(rel->pages, LARGE_PAGES);
	rel->tuples = Max(rel->tuples, LARGE_TUPLES);
	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, cell);

		if (index->indpred != NIL)
			continue;
		index->pages = Max(index->pages, LARGE_PAGES / INDEX_SHARE);
		index->tuples = Max(index->tuples, rel->tuples);
	}
}

/*
 * PlanSizeInit installs the hook; called once as the library is loaded.
 */
void
PlanSizeInit(void)
{
	next_hook = get_relation_info_hook;
	get_relation_info_hook = AssumeLarge;
}
