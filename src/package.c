/*
 * package.c
 *		What a fulfillment is packed into.
 *
 * The packages of a fulfillment hold exactly its lines.  No package at all in
 * the document means one of everything, and so does a single package without
 * lines, which thus can have a weight and a size.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/* A line of a fulfillment, and how much of it the packages hold */
typedef struct PackedLine
{
	int32		line_no;
	Quantity	quantity;
	Quantity	packed;
} PackedLine;

/* What goes where: rows for oms.package_lines, not yet summed */
typedef struct Contents
{
	int			count;
	int			capacity;
	Datum	   *package_nos;
	Datum	   *line_nos;
	Datum	   *quantities;
} Contents;

/*
 * ReadLines reads the lines of a fulfillment, in order of line_no.
 */
static PackedLine *
ReadLines(const Fulfillment *fulfillment, int *n)
{
	static SavedPlan read = {
		"bigint, integer",
		"SELECT line_no, quantity FROM oms.fulfillment_lines "
		"WHERE order_id = $1 AND fulfillment_no = $2 ORDER BY line_no"
	};
	Datum		values[2] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no)};
	PackedLine *lines;

	*n = PlanRun(&read, values, NULL, false);
	lines = palloc(mul_size(sizeof(PackedLine), Max(*n, 1)));
	for (int i = 0; i < *n; i++)
	{
		lines[i].line_no = RowInt32(i, 1);
		lines[i].quantity = DatumGetQuantity(RowDatum(i, 2, NULL));
		lines[i].packed = 0;
	}
	return lines;
}

/*
 * AddContent adds a row to the contents.
 */
static void
AddContent(Contents *contents, int package_no, int32 line_no,
		   Quantity quantity)
{
	int			n = contents->count;

	if (n == contents->capacity)
	{
		Size		size = mul_size(sizeof(Datum), Max(8, n * 2));

		contents->capacity = Max(8, n * 2);
		contents->package_nos = n == 0 ? palloc(size)
			: repalloc(contents->package_nos, size);
		contents->line_nos = n == 0 ? palloc(size)
			: repalloc(contents->line_nos, size);
		contents->quantities = n == 0 ? palloc(size)
			: repalloc(contents->quantities, size);
	}
	contents->package_nos[n] = Int32GetDatum(package_no);
	contents->line_nos[n] = Int32GetDatum(line_no);
	contents->quantities[n] = QuantityGetDatum(quantity);
	contents->count++;
}

/*
 * AddEverything packs all lines into package 1.
 */
static void
AddEverything(Contents *contents, PackedLine *lines, int n)
{
	for (int i = 0; i < n; i++)
	{
		lines[i].packed = lines[i].quantity;
		AddContent(contents, 1, lines[i].line_no, lines[i].quantity);
	}
}

/*
 * AddPackageLine packs one line of a package's document.
 */
static void
AddPackageLine(Contents *contents, Faults *faults, PackedLine *lines, int n,
			   int package, int index, JsonbContainer *document)
{
	int32		line_no = DocInteger(document, "line_no", 0);
	Quantity	quantity = 0;

	(void) DocQuantity(document, "quantity", &quantity);
	for (int i = 0; i < n; i++)
		if (lines[i].line_no == line_no)
		{
			lines[i].packed = QuantityAdd(lines[i].packed, quantity);
			AddContent(contents, package + 1, line_no, quantity);
			return;
		}
	FaultAdd(faults, psprintf("$[%d].lines[%d].line_no", package, index),
			 "must be a line of the fulfillment, not %d", line_no);
}

/*
 * AddPackage packs the lines of a package's document.
 */
static void
AddPackage(Contents *contents, Faults *faults, PackedLine *lines, int n,
		   int package, JsonbContainer *document)
{
	JsonbContainer *array = DocArray(document, "lines");

	if (DocCount(array) == 0)
		FaultAdd(faults, psprintf("$[%d].lines", package),
				 "is required where there are several packages");
	for (int i = 0; i < DocCount(array); i++)
		AddPackageLine(contents, faults, lines, n, package, i,
					   DocItem(array, i));
}

/*
 * CheckPacked adds a fault for each line that the packages don't hold exactly.
 */
static void
CheckPacked(Faults *faults, const PackedLine *lines, int n)
{
	for (int i = 0; i < n; i++)
		if (lines[i].packed != lines[i].quantity)
			FaultAdd(faults, "$", "must hold %s of line %d, holds %s",
					 QuantityToString(lines[i].quantity), lines[i].line_no,
					 QuantityToString(lines[i].packed));
}

/*
 * Measures puts a measure of each package into an array; null where it isn't
 * given.
 */
static Datum
Measures(JsonbContainer *packages, int n, const char *key)
{
	Datum	   *values = palloc0(sizeof(Datum) * n);
	bool	   *nulls = palloc(sizeof(bool) * n);

	for (int i = 0; i < n; i++)
	{
		JsonbContainer *package = DocCount(packages) == 0 ? NULL
			: DocItem(packages, i);

		nulls[i] = !DocHas(package, key);
		if (!nulls[i])
			values[i] = Int32GetDatum(DocInteger(package, key, 0));
	}
	return ArrayDatum(values, nulls, n, INT4OID);
}

/*
 * InsertPackages writes the packages.  A weight that isn't given is the sum
 * of the SKUs' weights, rounded up to a gram, or null if one isn't known.
 */
static void
InsertPackages(const Fulfillment *fulfillment, JsonbContainer *packages,
			   Contents *contents, int n)
{
	static SavedPlan insert = {
		"bigint, integer, integer[], integer[], oms.quantity[], "
		"integer[], integer[], integer[], integer[]",
		"WITH contents AS "
		"(SELECT package_no, line_no, sum(quantity) AS quantity "
		" FROM unnest($3, $4, $5) AS c(package_no, line_no, quantity) "
		" GROUP BY package_no, line_no), "
		"weights AS "
		"(SELECT c.package_no, "
		"        CASE WHEN bool_and(s.weight_g IS NOT NULL) "
		"             THEN ceil(sum(s.weight_g * c.quantity::numeric)) END AS weight_g "
		" FROM contents c "
		"      JOIN oms.order_lines l ON l.order_id = $1 AND l.line_no = c.line_no "
		"      JOIN oms.skus s ON s.sku_id = l.sku_id "
		" GROUP BY c.package_no), "
		"inserted AS "
		"(INSERT INTO oms.packages "
		"        (order_id, fulfillment_no, package_no, weight_g, "
		"         length_mm, width_mm, height_mm) "
		" SELECT $1, $2, p.n, "
		"        coalesce(p.weight_g, CASE WHEN w.weight_g <= 2147483647 "
		"                                  THEN w.weight_g::integer END), "
		"        p.length_mm, p.width_mm, p.height_mm "
		" FROM unnest($6, $7, $8, $9) WITH ORDINALITY "
		"      AS p(weight_g, length_mm, width_mm, height_mm, n) "
		"      LEFT JOIN weights w ON w.package_no = p.n) "
		"INSERT INTO oms.package_lines "
		"       (order_id, fulfillment_no, package_no, line_no, quantity) "
		"SELECT $1, $2, package_no, line_no, quantity FROM contents"
	};
	Datum		values[9] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no)};

	values[2] = ArrayDatum(contents->package_nos, NULL, contents->count, INT4OID);
	values[3] = ArrayDatum(contents->line_nos, NULL, contents->count, INT4OID);
	values[4] = ArrayDatum(contents->quantities, NULL, contents->count,
						   TypeNamed("oms.quantity"));
	values[5] = Measures(packages, n, "weight_g");
	values[6] = Measures(packages, n, "length_mm");
	values[7] = Measures(packages, n, "width_mm");
	values[8] = Measures(packages, n, "height_mm");
	PlanRun(&insert, values, NULL, false);
}

/*
 * PackagesInsert checks that packages, whose shape is right, hold exactly the
 * lines of a fulfillment, and writes them.  Raises OM007 with all that they
 * hold too much or too little.
 */
void
PackagesInsert(const Fulfillment *fulfillment, JsonbContainer *packages)
{
	Contents	contents = {0};
	Faults		faults;
	int			line_count;
	PackedLine *lines = ReadLines(fulfillment, &line_count);
	int			n = Max(DocCount(packages), 1);

	FaultsInit(&faults);
	if (DocCount(packages) == 0 ||
		(n == 1 && DocCount(DocArray(DocItem(packages, 0), "lines")) == 0))
		AddEverything(&contents, lines, line_count);
	else
		for (int i = 0; i < n; i++)
			AddPackage(&contents, &faults, lines, line_count, i,
					   DocItem(packages, i));
	CheckPacked(&faults, lines, line_count);
	FaultsRaise(&faults, PackagesDocument.name);
	InsertPackages(fulfillment, packages, &contents, n);
}
