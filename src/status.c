/*
 * status.c
 *		The engine of the state machines: which step may follow which.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define BIT(status)		(UINT32_C(1) << StatusStateOf(status))

/*
 * StateOf finds a status in the tables. The byte may come from a damaged page.
 */
static const StatusState *
StateOf(Status status)
{
	int			machine = StatusMachineOf(status);
	const StatusState *state;

	if (machine <= 0 || machine >= MACHINE_END)
		elog(ERROR, "invalid status %d", status);
	state = &StatusMachines[machine].states[StatusStateOf(status)];
	if (state->name == NULL)
		elog(ERROR, "invalid status %d", status);
	return state;
}

/*
 * StatusName returns the name of a state, a constant.
 */
const char *
StatusName(Status status)
{
	return StateOf(status)->name;
}

/*
 * StatusIsInitial tells if a row may be created in a state.
 */
bool
StatusIsInitial(Status status)
{
	return StateOf(status)->initial;
}

/*
 * StatusIsFinal tells if no step leads out of a state.
 */
bool
StatusIsFinal(Status status)
{
	return StateOf(status)->next == 0;
}

/*
 * StatusCanStep tells if one step leads from a state to another.
 */
bool
StatusCanStep(Status from, Status to)
{
	return StatusMachineOf(from) == StatusMachineOf(to) &&
		(StateOf(from)->next & BIT(to)) != 0;
}

/*
 * StepsInto collects the states of a machine from which one step leads into a
 * set.
 */
static uint32
StepsInto(const StatusMachine *machine, uint32 set)
{
	uint32		result = 0;

	for (int i = 0; i < STATUS_STATES; i++)
		if (machine->states[i].next & set)
			result |= UINT32_C(1) << i;
	return result;
}

/*
 * StatusPath finds a shortest legal way: the states after "from" up to and
 * including "to". Of ways of equal length it takes the one that is first in
 * lifecycle order, step by step. Returns the number of steps, 0 if both are
 * the same and -1 if there is no way. "path" needs room for STATUS_STATES.
 */
int
StatusPath(Status from, Status to, Status *path)
{
	const StatusMachine *machine = &StatusMachines[StatusMachineOf(from)];
	uint32		away[STATUS_STATES];	/* states that many steps before "to" */
	uint32		seen = BIT(to);
	int			length = 0;
	int			state = StatusStateOf(from);

	(void) StateOf(from);
	(void) StateOf(to);
	if (StatusMachineOf(from) != StatusMachineOf(to))
		return -1;
	for (away[0] = BIT(to); (away[length] & BIT(from)) == 0; length++)
	{
		away[length + 1] = StepsInto(machine, away[length]) & ~seen;
		if (away[length + 1] == 0)
			return -1;
		seen |= away[length + 1];
	}
	for (int i = 0; i < length; i++)
	{
		state = pg_rightmost_one_pos32(machine->states[state].next &
									   away[length - 1 - i]);
		path[i] = STATUS(StatusMachineOf(from), state);
	}
	return length;
}

/*
 * StatusFromText finds the state of a machine by its name, which need not end
 * in a zero byte.
 */
bool
StatusFromText(Machine machine, const char *text, int length, Status *status)
{
	for (int i = 0; i < STATUS_STATES; i++)
	{
		const char *name = StatusMachines[machine].states[i].name;

		if (name != NULL && strlen(name) == length &&
			memcmp(name, text, length) == 0)
		{
			*status = STATUS(machine, i);
			return true;
		}
	}
	return false;
}

/*
 * StatusList lists the names of a set of states, quoted for a message or bare.
 */
char *
StatusList(Machine machine, uint32 set, bool quoted)
{
	StringInfoData names;

	initStringInfo(&names);
	for (; set != 0; set &= set - 1)
		appendStringInfo(&names, quoted ? "%s\"%s\"" : "%s%s",
						 names.len > 0 ? ", " : "",
						 StatusMachines[machine].states[pg_rightmost_one_pos32(set)].name);
	return names.data;
}

/*
 * StatusSet collects the states of a machine, all or those it may begin in.
 */
uint32
StatusSet(Machine machine, bool initial_only)
{
	const StatusState *states = StatusMachines[machine].states;
	uint32		set = 0;

	for (int i = 0; i < STATUS_STATES; i++)
		if (states[i].name != NULL && (!initial_only || states[i].initial))
			set |= UINT32_C(1) << i;
	return set;
}

/*
 * DescribePath says in a sentence by which legal steps one gets from a state
 * to another.
 */
static char *
DescribePath(Status from, Status to)
{
	Status		path[STATUS_STATES];
	int			length = StatusPath(from, to, path);
	StringInfoData text;

	if (length == 0)
		return psprintf("It is \"%s\" already.", StatusName(to));
	if (length < 0)
		return psprintf("No way leads from \"%s\" to \"%s\".",
						StatusName(from), StatusName(to));
	initStringInfo(&text);
	appendStringInfo(&text, "The shortest way is \"%s\"", StatusName(from));
	for (int i = 0; i < length; i++)
		appendStringInfo(&text, ", \"%s\"", StatusName(path[i]));
	appendStringInfoChar(&text, '.');
	return text.data;
}

/*
 * StatusRefuse raises OM002 for a step that the machine doesn't have. The
 * subject is what was to be moved, in words: order 42, fulfillment 1041-F1.
 */
void
StatusRefuse(Status from, Status to, const char *subject)
{
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("cannot move %s from \"%s\" to \"%s\"",
					subject, StatusName(from), StatusName(to)),
			 errdetail_internal("%s", DescribePath(from, to)),
			 StatusIsFinal(from) ?
			 errhint("\"%s\" is final: no state follows it.", StatusName(from)) :
			 errhint("Legal next states: %s.",
					 StatusList(StatusMachineOf(from), StateOf(from)->next,
								true))));
}

/*
 * StatusRefuseInitial raises OM002 for a row that was to be created in the
 * middle of its life.
 */
void
StatusRefuseInitial(Status status, const char *subject)
{
	Machine		machine = StatusMachineOf(status);

	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("cannot create %s as \"%s\"", subject, StatusName(status)),
			 errdetail("\"%s\" is not an initial state of the %s machine.",
					   StatusName(status), StatusMachines[machine].name),
			 errhint("Initial states: %s.",
					 StatusList(machine, StatusSet(machine, true), true))));
}

/*
 * oms_can_transition tells if one step leads from the first state to the
 * second.
 */
PG_FUNCTION_INFO_V1(oms_can_transition);
Datum
oms_can_transition(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(StatusCanStep(PG_GETARG_STATUS(0), PG_GETARG_STATUS(1)));
}

/*
 * oms_is_final tells if no step leads out of a state.
 */
PG_FUNCTION_INFO_V1(oms_is_final);
Datum
oms_is_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(StatusIsFinal(PG_GETARG_STATUS(0)));
}

/*
 * oms_next_states returns the states that one step leads to, as an array of
 * the type given.
 */
PG_FUNCTION_INFO_V1(oms_next_states);
Datum
oms_next_states(PG_FUNCTION_ARGS)
{
	Status		status = PG_GETARG_STATUS(0);
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Datum		states[STATUS_STATES];
	int			count = 0;

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of the status");
	for (uint32 set = StateOf(status)->next; set != 0; set &= set - 1)
		states[count++] = StatusGetDatum(STATUS(StatusMachineOf(status),
												pg_rightmost_one_pos32(set)));
	PG_RETURN_ARRAYTYPE_P(construct_array(states, count, type, sizeof(Status),
										  true, TYPALIGN_CHAR));
}

/*
 * PutTransition puts one row of the view oms.state_transitions. "from" is NULL
 * where "to" is a state to begin in.
 */
static void
PutTransition(ReturnSetInfo *result, const StatusMachine *machine,
			  const StatusState *from, const StatusState *to)
{
	Datum		values[4];
	bool		nulls[4] = {false, from == NULL, false, false};

	values[0] = CStringGetTextDatum(machine->name);
	values[1] = from ? CStringGetTextDatum(from->name) : (Datum) 0;
	values[2] = CStringGetTextDatum(to->name);
	values[3] = BoolGetDatum(to->next == 0);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * oms_state_transitions returns all initial states and steps of all machines,
 * in lifecycle order.
 */
PG_FUNCTION_INFO_V1(oms_state_transitions);
Datum
oms_state_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (Machine i = MACHINE_ORDER; i < MACHINE_END; i++)
	{
		const StatusMachine *machine = &StatusMachines[i];
		const StatusState *states = machine->states;

		for (uint32 set = StatusSet(i, true); set != 0; set &= set - 1)
			PutTransition(result, machine, NULL,
						  &states[pg_rightmost_one_pos32(set)]);
		for (int from = 0; from < STATUS_STATES; from++)
			for (uint32 set = states[from].next; set != 0; set &= set - 1)
				PutTransition(result, machine, &states[from],
							  &states[pg_rightmost_one_pos32(set)]);
	}
	return (Datum) 0;
}

/*
 * MachineFromName finds a machine by its name or raises 22023.
 */
static Machine
MachineFromName(const char *name)
{
	StringInfoData known;

	initStringInfo(&known);
	for (Machine i = MACHINE_ORDER; i < MACHINE_END; i++)
	{
		if (strcmp(StatusMachines[i].name, name) == 0)
			return i;
		appendStringInfo(&known, "%s%s", known.len > 0 ? ", " : "",
						 StatusMachines[i].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown state machine \"%s\"", name),
			 errhint("The machines are %s.", known.data)));
}

/*
 * oms_state_diagram draws a machine as a Mermaid state diagram.
 */
PG_FUNCTION_INFO_V1(oms_state_diagram);
Datum
oms_state_diagram(PG_FUNCTION_ARGS)
{
	Machine		machine = MachineFromName(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	const StatusState *states = StatusMachines[machine].states;
	StringInfoData diagram;

	initStringInfo(&diagram);
	appendStringInfoString(&diagram, "stateDiagram-v2");
	for (int from = 0; from < STATUS_STATES; from++)
	{
		if (states[from].name == NULL)
			continue;
		if (states[from].initial)
			appendStringInfo(&diagram, "\n    [*] --> %s", states[from].name);
		for (uint32 set = states[from].next; set != 0; set &= set - 1)
			appendStringInfo(&diagram, "\n    %s --> %s", states[from].name,
							 states[pg_rightmost_one_pos32(set)].name);
		if (states[from].next == 0)
			appendStringInfo(&diagram, "\n    %s --> [*]", states[from].name);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(diagram.data, diagram.len));
}
