#pragma once
// What a change is called, and where there is more about it.
#include <set>
#include <string>

#include "correlator/change_index.h"

namespace culprit {

/// The line that says most of it: the first that names an object, else the first.
const ChangeEffect& main_effect(const ChangeEvent& event);
/// "migration a1f0c2d3 by alembic: add constraint uq_customers_phone on customers".
std::string summary_of(const ChangeEvent& event);
/// The pages that its records lead to.
std::set<Link> links_of(const ChangeEvent& event);

}  // namespace culprit
