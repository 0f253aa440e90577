#pragma once
// From one record to its signals: the part of recognition that thinks. All of it is pure functions of the record and the
// catalogue.
#include <vector>

#include "matchers/candidate_index.h"
#include "matchers/catalogue.h"
#include "matchers/record.h"
#include "matchers/redactor.h"
#include "matchers/signal.h"
#include "matchers/text_search.h"

namespace culprit {

struct Knowledge {
    const Catalogue& catalogue;
    const Redactor& redactor;
};

/// What of a record is searched: its message and its other texts, one a line.
std::string searched_text(const Record& record);

/// A signal that has everything its record says about place and time, and nothing yet about what happened.
Signal signal_for(const Record& record, const Knowledge& knowledge);

/// The error that the record tells of, once, however often it repeats it; and, when the failed statement was DDL, the failed
/// change.
void add_symptom(const Record& record, const TextSearch& text, const Candidates& candidates, const Knowledge& knowledge,
                 std::vector<Signal>& signals);

/// Changes and remedies by the catalogue's patterns, in order of their places in the text.
void add_tool_events(const Record& record, const TextSearch& text, const Candidates& candidates, const Knowledge& knowledge,
                     std::vector<Signal>& signals);

/// Changes and remedies by the statement that the server logged.
void add_logged_statement(const Record& record, const Knowledge& knowledge, std::vector<Signal>& signals);

/// What the server says of itself: restarts, failovers, lock waits; and statements that took long.
void add_server_events(const Record& record, const Knowledge& knowledge, std::vector<Signal>& signals);

/// One signal for each effect of a statement on the schema, but for tools' own tables.
void add_statement_effects(const Record& record, std::string_view sql, Phase phase, const Knowledge& knowledge,
                           std::vector<Signal>& signals);

/// All of it: the literals of the catalogue decide which patterns are tried.
std::vector<Signal> recognise(const Record& record, const Candidates& candidates, const Knowledge& knowledge);
/// `text` is what is searched: searched_text(record); of the server's records, the message.
std::vector<Signal> recognise(const Record& record, const TextSearch& text, const Candidates& candidates,
                              const Knowledge& knowledge);

/// At most `limit` bytes, not ending within a UTF-8 sequence.
std::string cut_utf8(std::string text, std::size_t limit);

}  // namespace culprit
