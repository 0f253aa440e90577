#pragma once
// What a playbook's templates may name, and what this incident knows of it.
//
// Each name comes in three forms: `x` for sentences, `x_sql` as a quoted identifier and `x_literal_sql` as a string.
// `table_sql` and its like carry the schema where it is known, `table_regclass_sql` is that as a string, to be cast to regclass.
#include <map>
#include <set>
#include <string>

#include "correlator/incident.h"

namespace culprit {

using PlaybookNames = std::map<std::string, std::string>;

/// Only what is known: a missing name is unknown. Requires causes and attribution to be set.
PlaybookNames names_of(const Incident& incident);

/// Every name that some incident may know.
const std::set<std::string>& playbook_vocabulary();

}  // namespace culprit
