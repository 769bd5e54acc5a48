/*
 * status_machines.c
 *		The states of each state machine and the steps between them.
 *
 * Copyright (c) 2026, the oms contributors
 *
 * A state that nothing follows is final. A step that is not listed here is
 * refused, whoever tries it. A row may be created in an initial state.
 *
 * order
 *		draft -> placed -> confirmed -> in_fulfillment -> shipped ->
 *		delivered -> completed is the undisturbed life of an order. A draft
 *		(a quote, a basket of a sales clerk) owns no stock. A placed order
 *		waits for its payments, a held one for a person or a check; a hold may
 *		come as long as nothing has left, and going back from held to placed or
 *		confirmed is how it ends. in_fulfillment falls back to confirmed when
 *		every warehouse that worked on it has rejected it. Once a parcel has
 *		left, there is no cancelling, only returning. A pickup or a sole parcel
 *		may go from in_fulfillment to delivered at once.
 *
 * fulfillment
 *		planned -> released -> picking -> packed -> shipped -> delivered for
 *		parcels, packed -> ready_for_pickup -> picked_up over the counter. A
 *		location that doesn't track picking packs what was released. It may
 *		reject while the goods are loose (released, picking); packed goods are
 *		cancelled, then put back. After shipped only the carrier decides:
 *		delivered, lost or returned_to_sender.
 *
 * payment
 *		Money arrives with a result, so a payment may begin as pending,
 *		authorized, captured or failed. What is authorized can be captured at
 *		once or in parts, voided, or expires. What is captured, even in
 *		part, can be refunded, in parts or whole. failed, voided, expired and
 *		refunded are final; captured is where most payments rest.
 *
 * return
 *		requested -> approved -> in_transit -> received -> inspected ->
 *		completed. Nobody needs to tell us of the parcel (approved ->
 *		received). Goods that are here can't be cancelled away: they are
 *		inspected, and the inspection says what they are worth.
 *
 * reservation
 *		active stock is consumed by a shipment, released by a person or a
 *		cancellation, or expires with its cart. All three ends are final, so
 *		that nothing is given back twice.
 *
 * purchase_order
 *		draft -> sent -> confirmed -> received -> closed; goods may come
 *		before the supplier's confirmation, and in parts. Goods that came
 *		can't be cancelled; what didn't come is given up by closing.
 */
#include "oms.h"

#define STATE(status)	[StatusStateOf(status)]
#define TO(status)		(UINT32_C(1) << StatusStateOf(status))
#define FINAL			0

StaticAssertDecl(STATUS(MACHINE_END, 0) <= PG_UINT8_MAX,
				 "the machines fit into the high bits of a status");

const StatusMachine StatusMachines[MACHINE_END] = {
	[MACHINE_ORDER] = {"order", {
			STATE(ORDER_DRAFT) = {"draft", true,
				TO(ORDER_PLACED) | TO(ORDER_CANCELLED)},
			STATE(ORDER_PLACED) = {"placed", true,
				TO(ORDER_HELD) | TO(ORDER_CONFIRMED) | TO(ORDER_CANCELLED)},
			STATE(ORDER_HELD) = {"held", false,
				TO(ORDER_PLACED) | TO(ORDER_CONFIRMED) | TO(ORDER_CANCELLED)},
			STATE(ORDER_CONFIRMED) = {"confirmed", false,
				TO(ORDER_HELD) | TO(ORDER_IN_FULFILLMENT) |
				TO(ORDER_CANCELLED)},
			STATE(ORDER_IN_FULFILLMENT) = {"in_fulfillment", false,
				TO(ORDER_HELD) | TO(ORDER_CONFIRMED) |
				TO(ORDER_PARTIALLY_SHIPPED) | TO(ORDER_SHIPPED) |
				TO(ORDER_DELIVERED) | TO(ORDER_CANCELLED)},
			STATE(ORDER_PARTIALLY_SHIPPED) = {"partially_shipped", false,
				TO(ORDER_SHIPPED) | TO(ORDER_DELIVERED)},
			STATE(ORDER_SHIPPED) = {"shipped", false,
				TO(ORDER_DELIVERED)},
			STATE(ORDER_DELIVERED) = {"delivered", false,
				TO(ORDER_COMPLETED)},
			STATE(ORDER_COMPLETED) = {"completed", false, FINAL},
			STATE(ORDER_CANCELLED) = {"cancelled", false, FINAL},
	}},
	[MACHINE_FULFILLMENT] = {"fulfillment", {
			STATE(FULFILLMENT_PLANNED) = {"planned", true,
				TO(FULFILLMENT_RELEASED) | TO(FULFILLMENT_CANCELLED)},
			STATE(FULFILLMENT_RELEASED) = {"released", false,
				TO(FULFILLMENT_PICKING) | TO(FULFILLMENT_PACKED) |
				TO(FULFILLMENT_REJECTED) | TO(FULFILLMENT_CANCELLED)},
			STATE(FULFILLMENT_PICKING) = {"picking", false,
				TO(FULFILLMENT_PACKED) | TO(FULFILLMENT_REJECTED) |
				TO(FULFILLMENT_CANCELLED)},
			STATE(FULFILLMENT_PACKED) = {"packed", false,
				TO(FULFILLMENT_READY_FOR_PICKUP) | TO(FULFILLMENT_SHIPPED) |
				TO(FULFILLMENT_CANCELLED)},
			STATE(FULFILLMENT_READY_FOR_PICKUP) = {"ready_for_pickup", false,
				TO(FULFILLMENT_PICKED_UP) | TO(FULFILLMENT_CANCELLED)},
			STATE(FULFILLMENT_SHIPPED) = {"shipped", false,
				TO(FULFILLMENT_DELIVERED) | TO(FULFILLMENT_LOST) |
				TO(FULFILLMENT_RETURNED_TO_SENDER)},
			STATE(FULFILLMENT_DELIVERED) = {"delivered", false, FINAL},
			STATE(FULFILLMENT_PICKED_UP) = {"picked_up", false, FINAL},
			STATE(FULFILLMENT_CANCELLED) = {"cancelled", false, FINAL},
			STATE(FULFILLMENT_REJECTED) = {"rejected", false, FINAL},
			STATE(FULFILLMENT_LOST) = {"lost", false, FINAL},
			STATE(FULFILLMENT_RETURNED_TO_SENDER) = {"returned_to_sender",
				false, FINAL},
	}},
	[MACHINE_PAYMENT] = {"payment", {
			STATE(PAYMENT_PENDING) = {"pending", true,
				TO(PAYMENT_AUTHORIZED) | TO(PAYMENT_CAPTURED) |
				TO(PAYMENT_FAILED) | TO(PAYMENT_VOIDED)},
			STATE(PAYMENT_AUTHORIZED) = {"authorized", true,
				TO(PAYMENT_PARTIALLY_CAPTURED) | TO(PAYMENT_CAPTURED) |
				TO(PAYMENT_VOIDED) | TO(PAYMENT_EXPIRED)},
			STATE(PAYMENT_PARTIALLY_CAPTURED) = {"partially_captured", false,
				TO(PAYMENT_CAPTURED) | TO(PAYMENT_PARTIALLY_REFUNDED) |
				TO(PAYMENT_REFUNDED)},
			STATE(PAYMENT_CAPTURED) = {"captured", true,
				TO(PAYMENT_PARTIALLY_REFUNDED) | TO(PAYMENT_REFUNDED)},
			STATE(PAYMENT_PARTIALLY_REFUNDED) = {"partially_refunded", false,
				TO(PAYMENT_REFUNDED)},
			STATE(PAYMENT_REFUNDED) = {"refunded", false, FINAL},
			STATE(PAYMENT_FAILED) = {"failed", true, FINAL},
			STATE(PAYMENT_VOIDED) = {"voided", false, FINAL},
			STATE(PAYMENT_EXPIRED) = {"expired", false, FINAL},
	}},
	[MACHINE_RETURN] = {"return", {
			STATE(RETURN_REQUESTED) = {"requested", true,
				TO(RETURN_APPROVED) | TO(RETURN_REJECTED) |
				TO(RETURN_CANCELLED)},
			STATE(RETURN_APPROVED) = {"approved", false,
				TO(RETURN_IN_TRANSIT) | TO(RETURN_RECEIVED) |
				TO(RETURN_CANCELLED)},
			STATE(RETURN_IN_TRANSIT) = {"in_transit", false,
				TO(RETURN_RECEIVED)},
			STATE(RETURN_RECEIVED) = {"received", false,
				TO(RETURN_INSPECTED)},
			STATE(RETURN_INSPECTED) = {"inspected", false,
				TO(RETURN_COMPLETED)},
			STATE(RETURN_COMPLETED) = {"completed", false, FINAL},
			STATE(RETURN_REJECTED) = {"rejected", false, FINAL},
			STATE(RETURN_CANCELLED) = {"cancelled", false, FINAL},
	}},
	[MACHINE_RESERVATION] = {"reservation", {
			STATE(RESERVATION_ACTIVE) = {"active", true,
				TO(RESERVATION_CONSUMED) | TO(RESERVATION_RELEASED) |
				TO(RESERVATION_EXPIRED)},
			STATE(RESERVATION_CONSUMED) = {"consumed", false, FINAL},
			STATE(RESERVATION_RELEASED) = {"released", false, FINAL},
			STATE(RESERVATION_EXPIRED) = {"expired", false, FINAL},
	}},
	[MACHINE_PURCHASE_ORDER] = {"purchase_order", {
			STATE(PURCHASE_ORDER_DRAFT) = {"draft", true,
				TO(PURCHASE_ORDER_SENT) | TO(PURCHASE_ORDER_CANCELLED)},
			STATE(PURCHASE_ORDER_SENT) = {"sent", false,
				TO(PURCHASE_ORDER_CONFIRMED) |
				TO(PURCHASE_ORDER_PARTIALLY_RECEIVED) |
				TO(PURCHASE_ORDER_RECEIVED) | TO(PURCHASE_ORDER_CANCELLED)},
			STATE(PURCHASE_ORDER_CONFIRMED) = {"confirmed", false,
				TO(PURCHASE_ORDER_PARTIALLY_RECEIVED) |
				TO(PURCHASE_ORDER_RECEIVED) | TO(PURCHASE_ORDER_CANCELLED)},
			STATE(PURCHASE_ORDER_PARTIALLY_RECEIVED) = {"partially_received",
				false, TO(PURCHASE_ORDER_RECEIVED) | TO(PURCHASE_ORDER_CLOSED)},
			STATE(PURCHASE_ORDER_RECEIVED) = {"received", false,
				TO(PURCHASE_ORDER_CLOSED)},
			STATE(PURCHASE_ORDER_CLOSED) = {"closed", false, FINAL},
			STATE(PURCHASE_ORDER_CANCELLED) = {"cancelled", false, FINAL},
	}},
};
