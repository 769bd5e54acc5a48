/*
 * error.h
 *		SQLSTATEs of class OM; classes that start with I to Z are left to
 *		implementations by the SQL standard.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ERROR_H
#define OMS_ERROR_H

#define ERRCODE_OMS_INSUFFICIENT_STOCK	MAKE_SQLSTATE('O', 'M', '0', '0', '1')
#define ERRCODE_OMS_INVALID_TRANSITION	MAKE_SQLSTATE('O', 'M', '0', '0', '2')
#define ERRCODE_OMS_NO_ROUTE			MAKE_SQLSTATE('O', 'M', '0', '0', '3')
#define ERRCODE_OMS_REFERENCE_CONFLICT	MAKE_SQLSTATE('O', 'M', '0', '0', '4')
#define ERRCODE_OMS_CURRENCY_MISMATCH	MAKE_SQLSTATE('O', 'M', '0', '0', '5')
#define ERRCODE_OMS_UNKNOWN_CODE		MAKE_SQLSTATE('O', 'M', '0', '0', '6')
#define ERRCODE_OMS_INVALID_DOCUMENT	MAKE_SQLSTATE('O', 'M', '0', '0', '7')
#define ERRCODE_OMS_AMOUNT_EXCEEDED		MAKE_SQLSTATE('O', 'M', '0', '0', '8')
#define ERRCODE_OMS_CREDIT_EXCEEDED		MAKE_SQLSTATE('O', 'M', '0', '0', '9')
#define ERRCODE_OMS_ON_HOLD				MAKE_SQLSTATE('O', 'M', '0', '1', '0')

#endif							/* OMS_ERROR_H */
