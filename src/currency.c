/*
 * currency.c
 *		Currencies of ISO 4217 with their minor units.
 *
 * The table has the active codes, those withdrawn since 2007, so that old
 * orders stay readable, and none that is no currency to pay in: precious
 * metals, units of account and test codes have no minor unit in the standard
 * and are known but refused.
 *
 * A currency's number is its numeric code.  The one exception is XCG, which
 * inherited the code of ANG (532) in 2025: it has a number of its own beyond
 * the standard's, so that both keep their names.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "funcapi.h"
#include "utils/builtins.h"

#define NO_MINOR		(-1)
#define NUMBER_XCG		1000
#define ISO_NUMBER_XCG	532
#define LETTERS			26

typedef struct Currency
{
	char		code[4];		/* empty where there is no such number */
	int8		minor_units;	/* decimals, or NO_MINOR */
} Currency;

static const Currency currencies[CURRENCY_LIMIT] = {
	[8] = {"ALL", 2}, [12] = {"DZD", 2}, [32] = {"ARS", 2},
	[36] = {"AUD", 2}, [44] = {"BSD", 2}, [48] = {"BHD", 3},
	[50] = {"BDT", 2}, [51] = {"AMD", 2}, [52] = {"BBD", 2},
	[60] = {"BMD", 2}, [64] = {"BTN", 2}, [68] = {"BOB", 2},
	[72] = {"BWP", 2}, [84] = {"BZD", 2}, [90] = {"SBD", 2},
	[96] = {"BND", 2}, [104] = {"MMK", 2}, [108] = {"BIF", 0},
	[116] = {"KHR", 2}, [124] = {"CAD", 2}, [132] = {"CVE", 2},
	[136] = {"KYD", 2}, [144] = {"LKR", 2}, [152] = {"CLP", 0},
	[156] = {"CNY", 2}, [170] = {"COP", 2}, [174] = {"KMF", 0},
	[188] = {"CRC", 2}, [191] = {"HRK", 2}, [192] = {"CUP", 2},
	[196] = {"CYP", 2}, [203] = {"CZK", 2}, [208] = {"DKK", 2},
	[214] = {"DOP", 2}, [222] = {"SVC", 2}, [230] = {"ETB", 2},
	[232] = {"ERN", 2}, [233] = {"EEK", 2}, [238] = {"FKP", 2},
	[242] = {"FJD", 2}, [262] = {"DJF", 0}, [270] = {"GMD", 2},
	[288] = {"GHC", 2}, [292] = {"GIP", 2}, [320] = {"GTQ", 2},
	[324] = {"GNF", 0}, [328] = {"GYD", 2}, [332] = {"HTG", 2},
	[340] = {"HNL", 2}, [344] = {"HKD", 2}, [348] = {"HUF", 2},
	[352] = {"ISK", 0}, [356] = {"INR", 2}, [360] = {"IDR", 2},
	[364] = {"IRR", 2}, [368] = {"IQD", 3}, [376] = {"ILS", 2},
	[388] = {"JMD", 2}, [392] = {"JPY", 0}, [396] = {"XAD", 2},
	[398] = {"KZT", 2}, [400] = {"JOD", 3}, [404] = {"KES", 2},
	[408] = {"KPW", 2}, [410] = {"KRW", 0}, [414] = {"KWD", 3},
	[417] = {"KGS", 2}, [418] = {"LAK", 2}, [422] = {"LBP", 2},
	[426] = {"LSL", 2}, [428] = {"LVL", 2}, [430] = {"LRD", 2},
	[434] = {"LYD", 3}, [440] = {"LTL", 2}, [446] = {"MOP", 2},
	[454] = {"MWK", 2}, [458] = {"MYR", 2}, [462] = {"MVR", 2},
	[470] = {"MTL", 2}, [478] = {"MRO", 2}, [480] = {"MUR", 2},
	[484] = {"MXN", 2}, [496] = {"MNT", 2}, [498] = {"MDL", 2},
	[504] = {"MAD", 2}, [512] = {"OMR", 3}, [516] = {"NAD", 2},
	[524] = {"NPR", 2}, [532] = {"ANG", 2}, [533] = {"AWG", 2},
	[548] = {"VUV", 0}, [554] = {"NZD", 2}, [558] = {"NIO", 2},
	[566] = {"NGN", 2}, [578] = {"NOK", 2}, [586] = {"PKR", 2},
	[590] = {"PAB", 2}, [598] = {"PGK", 2}, [600] = {"PYG", 0},
	[604] = {"PEN", 2}, [608] = {"PHP", 2}, [634] = {"QAR", 2},
	[643] = {"RUB", 2}, [646] = {"RWF", 0}, [654] = {"SHP", 2},
	[678] = {"STD", 2}, [682] = {"SAR", 2}, [690] = {"SCR", 2},
	[694] = {"SLL", 2}, [702] = {"SGD", 2}, [703] = {"SKK", 2},
	[704] = {"VND", 0}, [705] = {"SIT", 2}, [706] = {"SOS", 2},
	[710] = {"ZAR", 2}, [716] = {"ZWD", 2}, [728] = {"SSP", 2},
	[736] = {"SDD", 2}, [748] = {"SZL", 2}, [752] = {"SEK", 2},
	[756] = {"CHF", 2}, [760] = {"SYP", 2}, [764] = {"THB", 2},
	[776] = {"TOP", 2}, [780] = {"TTD", 2}, [784] = {"AED", 2},
	[788] = {"TND", 3}, [795] = {"TMM", 2}, [800] = {"UGX", 0},
	[807] = {"MKD", 2}, [818] = {"EGP", 2}, [826] = {"GBP", 2},
	[834] = {"TZS", 2}, [840] = {"USD", 2}, [858] = {"UYU", 2},
	[860] = {"UZS", 2}, [862] = {"VEB", 2}, [882] = {"WST", 2},
	[886] = {"YER", 2}, [894] = {"ZMK", 2}, [901] = {"TWD", 2},
	[924] = {"ZWG", 2}, [925] = {"SLE", 2}, [926] = {"VED", 2},
	[927] = {"UYW", 4}, [928] = {"VES", 2}, [929] = {"MRU", 2},
	[930] = {"STN", 2}, [931] = {"CUC", 2}, [932] = {"ZWL", 2},
	[933] = {"BYN", 2}, [934] = {"TMT", 2}, [935] = {"ZWR", 2},
	[936] = {"GHS", 2}, [937] = {"VEF", 2}, [938] = {"SDG", 2},
	[939] = {"GHP", 2}, [940] = {"UYI", 0}, [941] = {"RSD", 2},
	[943] = {"MZN", 2}, [944] = {"AZN", 2}, [946] = {"RON", 2},
	[947] = {"CHE", 2}, [948] = {"CHW", 2}, [949] = {"TRY", 2},
	[950] = {"XAF", 0}, [951] = {"XCD", 2}, [952] = {"XOF", 0},
	[953] = {"XPF", 0}, [955] = {"XBA", NO_MINOR},
	[956] = {"XBB", NO_MINOR}, [957] = {"XBC", NO_MINOR},
	[958] = {"XBD", NO_MINOR}, [959] = {"XAU", NO_MINOR},
	[960] = {"XDR", NO_MINOR}, [961] = {"XAG", NO_MINOR},
	[962] = {"XPT", NO_MINOR}, [963] = {"XTS", NO_MINOR},
	[964] = {"XPD", NO_MINOR}, [965] = {"XUA", NO_MINOR},
	[967] = {"ZMW", 2}, [968] = {"SRD", 2}, [969] = {"MGA", 2},
	[970] = {"COU", 2}, [971] = {"AFN", 2}, [972] = {"TJS", 2},
	[973] = {"AOA", 2}, [974] = {"BYR", 0}, [975] = {"BGN", 2},
	[976] = {"CDF", 2}, [977] = {"BAM", 2}, [978] = {"EUR", 2},
	[979] = {"MXV", 2}, [980] = {"UAH", 2}, [981] = {"GEL", 2},
	[984] = {"BOV", 2}, [985] = {"PLN", 2}, [986] = {"BRL", 2},
	[990] = {"CLF", 4}, [994] = {"XSU", NO_MINOR}, [997] = {"USN", 2},
	[998] = {"USS", 2}, [999] = {"XXX", NO_MINOR}, [1000] = {"XCG", 2},
};

/* Number by three letters, filled on first use */
static uint16 number_of_code[LETTERS * LETTERS * LETTERS];
static bool number_of_code_filled = false;

/*
 * CodeIndex maps three capital letters to a slot of number_of_code; -1 for
 * anything else.
 */
static int
CodeIndex(const char *code, int len)
{
	int			index = 0;

	if (len != 3)
		return -1;
	for (int i = 0; i < 3; i++)
	{
		if (code[i] < 'A' || code[i] > 'Z')
			return -1;
		index = index * LETTERS + (code[i] - 'A');
	}
	return index;
}

/*
 * FillNumberOfCode inverts the table.
 */
static void
FillNumberOfCode(void)
{
	for (int number = 1; number < CURRENCY_LIMIT; number++)
	{
		if (currencies[number].code[0] != '\0')
			number_of_code[CodeIndex(currencies[number].code, 3)] = number;
	}
	number_of_code_filled = true;
}

/*
 * CurrencyFromCode finds the number of a currency by its code in capital
 * letters; 0 if it is unknown or has no minor unit.
 */
int
CurrencyFromCode(const char *code, int len)
{
	int			index = CodeIndex(code, len);
	int			number;

	if (index < 0)
		return 0;
	if (!number_of_code_filled)
		FillNumberOfCode();
	number = number_of_code[index];
	return currencies[number].minor_units == NO_MINOR ? 0 : number;
}

/*
 * CurrencyFromText finds the number of a currency; OM006 if there is none.
 */
int
CurrencyFromText(const text *code)
{
	int			number = CurrencyFromCode(VARDATA_ANY(code),
										  VARSIZE_ANY_EXHDR(code));

	if (number == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("unknown currency \"%s\"", text_to_cstring(code)),
				 errhint("Use a code of ISO 4217 in capital letters, such as EUR.")));
	return number;
}

/*
 * CurrencyCode tells the three letters; NULL if the number is no currency to
 * pay in.
 */
const char *
CurrencyCode(int currency)
{
	if (currency <= 0 || currency >= CURRENCY_LIMIT ||
		currencies[currency].code[0] == '\0' ||
		currencies[currency].minor_units == NO_MINOR)
		return NULL;
	return currencies[currency].code;
}

/*
 * CurrencyMinorUnits tells how many decimals the currency has.  Raises XX001
 * for a number that is none, which only an amount that was damaged can have.
 */
int
CurrencyMinorUnits(int currency)
{
	if (CurrencyCode(currency) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("amount has no currency of number %d", currency)));
	return currencies[currency].minor_units;
}

PG_FUNCTION_INFO_V1(oms_is_currency);

/*
 * oms_is_currency tells whether an amount can be in the currency of that code.
 */
Datum
oms_is_currency(PG_FUNCTION_ARGS)
{
	text	   *code = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(CurrencyFromCode(VARDATA_ANY(code),
									VARSIZE_ANY_EXHDR(code)) != 0);
}

PG_FUNCTION_INFO_V1(oms_currencies);

/*
 * oms_currencies lists code, numeric code and minor units.
 */
Datum
oms_currencies(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int number = 1; number < CURRENCY_LIMIT; number++)
	{
		Datum		values[3];
		bool		nulls[3] = {false, false, false};

		if (CurrencyCode(number) == NULL)
			continue;
		values[0] = CStringGetTextDatum(CurrencyCode(number));
		values[1] = Int32GetDatum(number == NUMBER_XCG ? ISO_NUMBER_XCG : number);
		values[2] = Int32GetDatum(CurrencyMinorUnits(number));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
