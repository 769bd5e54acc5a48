/*
 * cost_layer.c
 *		Layers of cost: units of a SKU at a location, and what they are worth.
 *
 * Of a SKU whose costing is average there is one layer, number 0, which holds
 * all units.  Of one whose costing is fifo each receipt makes a layer, and what
 * leaves is taken from the oldest.  So a SKU that changes from average to fifo
 * keeps what it has as its oldest layer, and the layers of one that changes
 * back become one as soon as its units move: nothing is to be converted.
 *
 * A part of a layer is worth its share, rounded, and the last part takes what is
 * left.  A value that is not known is null and counts as nothing; a layer
 * without units has none.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"

/*
 * CostPart is what a part of units is worth that are worth a value together.
 */
int64
CostPart(int64 value, Quantity part, Quantity whole)
{
	return part == whole ? value
		: (int64) DivideRounded((int128) value * part, whole);
}

/*
 * CostLayerAdd adds a layer to a level and returns it.
 */
CostLayer *
CostLayerAdd(CostLevel *level)
{
	CostLayer  *layer;

	if (level->count == level->capacity)
	{
		level->capacity = Max(level->capacity * 2, 1);
		level->layers = level->layers == NULL
			? palloc(sizeof(CostLayer) * level->capacity)
			: repalloc(level->layers,
					   mul_size(sizeof(CostLayer), level->capacity));
	}
	layer = &level->layers[level->count++];
	memset(layer, 0, sizeof(CostLayer));
	return layer;
}

/*
 * CostMerge makes the layers of a level one, the first.
 */
void
CostMerge(CostLevel *level)
{
	CostLayer  *first = &level->layers[0];

	for (int i = 1; i < level->count; i++)
	{
		CostLayer  *layer = &level->layers[i];

		first->quantity = QuantityAdd(first->quantity, layer->quantity);
		first->known = first->known || layer->known;
		first->value += layer->value;
		*layer = (CostLayer) {layer->layer_id, 0, .stored = true,.changed = true};
		first->changed = true;
	}
}

/*
 * LayerTake takes units out of a layer, all or fewer, and returns what they
 * are worth.
 */
static int64
LayerTake(CostLayer *layer, Quantity quantity)
{
	int64		part = CostPart(layer->value, quantity, layer->quantity);

	layer->quantity -= quantity;
	layer->value -= part;
	layer->known = layer->known && layer->quantity > 0;
	layer->changed = true;
	return part;
}

/*
 * CostTake takes units out of a level, from the oldest layer on, and sets what
 * they are worth.  Returns false if nothing is known of that.  Stock that was
 * loaded where no triggers fire may have fewer units in its layers than on hand:
 * such units are worth nothing, and an invariant.
 */
bool
CostTake(CostLevel *level, Quantity quantity, int64 *value)
{
	bool		known = false;

	*value = 0;
	for (int i = 0; i < level->count && quantity > 0; i++)
	{
		CostLayer  *layer = &level->layers[i];
		Quantity	take = Min(quantity, layer->quantity);

		if (take == 0)
			continue;
		known = known || layer->known;
		*value += LayerTake(layer, take);
		quantity -= take;
	}
	return known;
}

/*
 * CostPut adds units to a level, and what they are worth, if that is known.
 */
void
CostPut(CostLevel *level, Quantity quantity, bool known, int64 value)
{
	CostLayer  *layer = level->fifo ? CostLayerAdd(level) : &level->layers[0];

	if (level->fifo)
		layer->layer_id = NextNumber("cost_layers_layer_id_seq");
	layer->quantity = QuantityAdd(layer->quantity, quantity);
	layer->known = layer->known || known;
	layer->value += known ? value : 0;
	layer->changed = true;
}

/*
 * CostAverage sets what units would be worth at the average of those of the
 * level whose cost is known.  Returns false if there are none.
 */
bool
CostAverage(const CostLevel *level, Quantity quantity, int64 *value)
{
	int128		sum = 0;
	int128		units = 0;

	for (int i = 0; i < level->count; i++)
		if (level->layers[i].known)
		{
			sum += level->layers[i].value;
			units += level->layers[i].quantity;
		}
	if (units == 0)
		return false;
	*value = (int64) DivideRounded(sum * quantity, units);
	return true;
}

/*
 * CostRevalue values all units of a level at a cost of one, in the base
 * currency, and sets what they have gained.  Returns false if there are none.
 */
bool
CostRevalue(CostLevel *level, Amount unit_cost, int64 *gain)
{
	bool		any = false;

	*gain = 0;
	for (int i = 0; i < level->count; i++)
	{
		CostLayer  *layer = &level->layers[i];
		int64		value;

		if (layer->quantity == 0)
			continue;
		value = AmountMinor(AmountMultiplyQuantity(unit_cost, layer->quantity));
		*gain += value - layer->value;
		layer->value = value;
		layer->known = layer->changed = any = true;
	}
	return any;
}
