/*
 * document_shapes.h
 *		How the shapes of documents are written down.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_DOCUMENT_SHAPES_H
#define OMS_DOCUMENT_SHAPES_H

#include "oms.h"

#define REQUIRED	.flags = DOC_REQUIRED
#define NULLABLE	.flags = DOC_NULL
#define OPTIONAL	.flags = DOC_NULL | DOC_BLANK
#define BELOW(s)	.shape = &(s)
#define OF(e)		.element = &(e)
#define WORDS(...)	.words = (const char *const[]) {__VA_ARGS__, NULL}
#define END			{NULL}

#define NAME_CHARS		200
#define DAYS_MAX		365

#define OBJECT(variable, kind, name, shape) \
const Document variable = {kind, name, {NULL, DOC_OBJECT, BELOW(shape)}}

/* document_shapes.c */
extern const char *CheckPosition(JsonbContainer *object);

#endif							/* OMS_DOCUMENT_SHAPES_H */
