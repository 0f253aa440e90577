#pragma once
// What is known about logs, read from YAML: one file a subject, embedded in the program and extended from the operator's
// directories. Immutable after loading. The format is described at the head of catalogue/README.md.
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/pattern.h"
#include "matchers/result.h"
#include "matchers/server_texts.h"
#include "matchers/sqlstate.h"

namespace culprit {

class CatalogueReader;

/// A framework that logs an error which the application logs too: how its records begin, or what its logger is called.
struct Narrator {
    std::string id;
    std::unique_ptr<const Expression> match;  // in the logger's name, a line break and the first line of the message
};

class Catalogue {
   public:
    /// Of the embedded files: who only recognises needs no examples, and is quicker without.
    enum class Examples { with, without };
    /// The embedded files, then the *.yaml of `directories` in order of name; a pattern of a later file replaces one of the same
    /// id. Errors name file, line and what was expected.
    static Result<std::unique_ptr<const Catalogue>> load(const std::vector<std::filesystem::path>& directories,
                                                         Examples examples = Examples::with);
    /// One file's text alone, for tests of the format.
    static Result<std::unique_ptr<const Catalogue>> parse(const std::string& name, const std::string& text);

    const std::vector<Pattern>& patterns() const { return patterns_; }
    const SqlstateTable& sqlstates() const { return sqlstates_; }
    /// For a server's records that give no SQLSTATE.
    const ServerTexts& server_texts() const { return server_texts_; }
    /// What the server said at LOG, as it says it in English; nothing where it did, or where the text is not one of `log_texts`.
    std::optional<std::string> log_line_in_english(const Record& record) const;

    /// An error that only follows another one of its transaction.
    bool is_noise(std::string_view sqlstate) const { return noise_.contains(sqlstate); }
    /// A table in which a migration tool keeps its own books.
    bool is_bookkeeping(std::string_view table) const;
    /// Did the server write this at ERROR, FATAL or PANIC, in whatever language?
    bool is_error_severity(std::string_view severity) const { return error_severities_.contains(severity); }

    /// What the server writes in front of a statement it logs (`statement: `, `execute a: `, `duration: 3 ms  statement: `): the
    /// statement is the group `statement`, and the phase says whether it has run.
    const std::vector<Pattern>& statement_introductions() const { return introductions_; }

    const std::vector<Narrator>& narrators() const { return narrators_; }

    /// A logged statement that took as long as this is a symptom; milliseconds.
    double slow_statement_ms() const { return slow_statement_ms_; }

    /// For the literal filter; in order, each once.
    const std::vector<std::string>& literals() const { return literals_; }
    /// Which patterns the literal of this index stands for, ascending.
    const std::vector<std::size_t>& patterns_of_literal(std::size_t literal) const { return patterns_of_literal_[literal]; }

    /// Does one of them look at the lines before a record?
    bool asks_before(std::size_t literal) const { return asks_before_[literal]; }

   private:
    friend class CatalogueReader;
    void index_literals();

    std::vector<Pattern> patterns_;
    std::vector<Pattern> introductions_;
    std::vector<Narrator> narrators_;
    double slow_statement_ms_ = 1000;
    SqlstateTable sqlstates_;
    ServerTexts server_texts_, log_texts_;
    std::set<std::string, std::less<>> noise_, bookkeeping_, error_severities_;
    std::vector<std::string> other_literals_;  // of what is recognised by a field or by SQL, not by a pattern
    std::vector<std::string> literals_;
    std::vector<std::vector<std::size_t>> patterns_of_literal_;
    std::vector<bool> asks_before_;  // by literal
};

/// Compiles every expression and runs every example and counter-example through recognition; each failure as one line `file:line:
/// what was expected, what came`.
std::vector<std::string> run_examples(const Catalogue& catalogue);

}  // namespace culprit
