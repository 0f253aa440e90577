#pragma once
// What the catalogue says is no error of PostgreSQL's, though it reads like one (`says: nothing`): other software's errors,
// notices, tools' own words.
#include <optional>
#include <utility>
#include <vector>

#include "matchers/candidate_index.h"
#include "matchers/catalogue.h"
#include "matchers/record.h"
#include "matchers/text_search.h"

namespace culprit {

using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

/// The parts of the text that look-alikes cover; all of it where one asks for fields alone.
Ranges look_alikes(const Record& record, const TextSearch& text, const Candidates& candidates, const Catalogue& catalogue);

/// The first match that does not lie within a look-alike.
std::optional<PatternMatch> first_genuine(const Expression& expression, const TextSearch& text, const Ranges& look_alikes);

}  // namespace culprit
