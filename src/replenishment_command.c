/*
 * replenishment_command.c
 *		Commands on what is proposed to be ordered.  What they do is set-based
 *		SQL, functions of oms_internal by the same names.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

/*
 * ApproveProposalsBody: see oms_approve_proposals.
 */
static Datum
ApproveProposalsBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"bigint[], text, text", "SELECT oms_internal.approve_proposals($1, $2, $3)"
	};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_approve_proposals);

/*
 * oms_approve_proposals(proposal_ids, supplier, location, reference) orders what
 * is proposed and returns the number of the approval.
 */
Datum
oms_approve_proposals(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 0, ApproveProposalsBody);
}

/*
 * RejectProposalBody: see oms_reject_proposal.
 */
static Datum
RejectProposalBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"bigint, text", "SELECT oms_internal.reject_proposal($1, $2)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(1), "reason");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_reject_proposal);

/*
 * oms_reject_proposal(proposal_id, reason, reference) says that what is
 * proposed is not ordered.
 */
Datum
oms_reject_proposal(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RejectProposalBody);
}
