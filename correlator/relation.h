#pragma once
// What the objects of a symptom and of a change have to do with each other.
#include "correlator/causality.h"
#include "matchers/tally.h"

namespace culprit {

/// Best first.
enum class Relation { same_object, same_table, parent_table, implied_table, unknown, different };

/// The evidence term of this relation in causality.yaml.
const char* term_of(Relation relation);

/// `unknown` when the change names no object, or the symptom none; `different` when they name others.
Relation relate(const Tally& symptom, const Signal& change);

/// Does `relation` give what a rule asks for?
bool satisfies(Relation relation, RelationAsked asked);

}  // namespace culprit
