// The playbooks as they are embedded: which of their rules is taken, and what must hold for every statement in them.
#include "correlator/playbook.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "correlator/playbook_names.h"
#include "correlator/sql_quoting.h"
#include "tests/correlator/fold.h"
#include "tests/source_dir.h"

namespace culprit {
std::span<const EmbeddedFile> embedded_playbooks();
}

namespace culprit::testing {
namespace {

const Playbooks& playbooks() {
    static const Playbooks loaded = Playbooks::load(embedded_playbooks());
    return loaded;
}

std::vector<SqlTemplate> statements_of(const PlaybookRule& rule) {
    std::vector<SqlTemplate> all = rule.verify_sql;
    all.insert(all.end(), rule.fix_sql.begin(), rule.fix_sql.end());
    return all;
}

template <typename Check>
void every_statement(Check check) {
    for (const PlaybookRule& rule : playbooks().rules())
        for (const SqlTemplate& statement : statements_of(rule))
            for (const std::string& sql : statement.alternatives) check(rule, statement, sql);
}

bool holds(const std::string& text, const char* expression) {
    return std::regex_search(text, std::regex(expression, std::regex::icase));
}

TEST(Playbooks, have_steps_a_reference_and_a_way_to_verify_in_every_rule) {
    EXPECT_GE(playbooks().rules().size(), 40u);
    std::set<std::string> names;
    for (const PlaybookRule& rule : playbooks().rules()) {
        EXPECT_TRUE(names.insert(rule.name).second) << rule.name << " is there twice";
        EXPECT_FALSE(rule.steps.empty()) << rule.name;
        EXPECT_FALSE(rule.references.empty()) << rule.name;
        EXPECT_FALSE(rule.verify_sql.empty()) << rule.name;
    }
}

TEST(Playbooks, put_names_into_sql_as_quoted_tokens_only) {
    every_statement([](const PlaybookRule& rule, const SqlTemplate&, const std::string& sql) {
        for (const std::string& name : names_in(sql)) EXPECT_TRUE(name.ends_with("_sql")) << rule.name << ": " << name;
        EXPECT_FALSE(holds(sql, R"(['"$]\{\{|\}\}['"$])")) << rule.name << ": a quoted token within quotes: " << sql;
        EXPECT_FALSE(holds(sql, R"(/\*[^*]*\{\{)")) << rule.name << ": a name could end the comment: " << sql;
        if (sql.find("$$") != std::string::npos) {
            EXPECT_TRUE(names_in(sql).empty()) << rule.name << ": a name could end the body";
        }
    });
}

TEST(Playbooks, say_what_is_lost_by_every_statement_that_loses_something) {
    every_statement([](const PlaybookRule& rule, const SqlTemplate& statement, const std::string& sql) {
        const bool loses =
            holds(sql, R"(\b(DELETE FROM|TRUNCATE|DROP (TABLE|CONSTRAINT|COLUMN|NOT NULL)|SET \S+ = NULL|VACUUM FULL|)"
                       R"(zero_damaged_pages|pg_drop_replication_slot|pg_promote)\b)");
        // Its own helper, of the statement before it.
        const bool own = sql.find("{{not_null_check_sql}}") != std::string::npos;
        // An idle session's pool opens it again.
        const bool ends_work = holds(sql, "pg_terminate_backend") && !holds(sql, "state = 'idle'");
        if ((loses && !own) || ends_work) {
            EXPECT_FALSE(statement.destructive.empty()) << rule.name << ": " << sql;
        }
    });
}

TEST(Playbooks, offer_what_is_safe_before_what_destroys) {
    for (const PlaybookRule& rule : playbooks().rules()) {
        const bool any_safe = std::ranges::any_of(rule.fix_sql, [](const SqlTemplate& each) { return each.destructive.empty(); });
        if (any_safe) {
            EXPECT_TRUE(rule.fix_sql.front().destructive.empty()) << rule.name;
        }
    }
}

TEST(Playbooks, verify_without_changing_anything) {
    for (const PlaybookRule& rule : playbooks().rules())
        for (const SqlTemplate& statement : rule.verify_sql)
            for (const std::string& sql : statement.alternatives) {
                EXPECT_TRUE(sql.starts_with("SELECT ")) << rule.name << ": " << sql;
                EXPECT_FALSE(holds(sql, R"(\b(setval|pg_terminate_backend|pg_cancel_backend|pg_promote|nextval)\()"))
                    << rule.name;
            }
}

TEST(Playbooks, end_each_statement_on_its_own_line) {
    every_statement([](const PlaybookRule& rule, const SqlTemplate&, const std::string& sql) {
        EXPECT_TRUE(sql.ends_with(';')) << rule.name << ": " << sql;
        EXPECT_EQ(sql.find('\n'), std::string::npos) << rule.name;
        EXPECT_EQ(sql.find("--"), std::string::npos) << rule.name << ": a comment would swallow what follows";
    });
}

TEST(Playbooks, refuse_a_name_that_no_incident_knows) {
    const EmbeddedFile file{"x.yaml",
                            "rules:\n  - {rule: x, priority: 1, when: {}, summary: y, verify_sql: ['SELECT {{tabel_sql}};']}\n"};
    try {
        Playbooks::load(std::span(&file, 1));
        FAIL() << "it loaded";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("x.yaml:2: no incident knows 'tabel_sql'"), std::string::npos) << error.what();
    }
}

TEST(Playbooks, refuse_a_condition_that_does_not_exist) {
    const EmbeddedFile file{"x.yaml", "rules:\n  - rule: x\n    priority: 1\n    when: {symptom: [a]}\n    summary: y\n"};
    EXPECT_THROW(Playbooks::load(std::span(&file, 1)), std::runtime_error);
}

Incident duplicates_on(const std::string& table, const std::string& constraint) {
    Incident incident;
    incident.problem = {"unique_violation", constraint};
    incident.sum.table = table;
    incident.sum.constraint = constraint;
    incident.sum.key_columns = {"id"};
    incident.count = 3;
    incident.attribution = AttributionState::attributed;
    incident.causes.resize(1);
    incident.causes[0].kind = "import";
    incident.causes[0].sequence = true;
    return incident;
}

TEST(Diagnosis, leaves_out_sql_that_needs_a_name_which_the_logs_did_not_say) {
    Incident incident = duplicates_on("", "tickets_pkey");
    incident.sum.key_columns.clear();
    const Diagnosis diagnosis = playbooks().diagnose(incident);
    EXPECT_EQ(diagnosis.rule, "sequence_out_of_sync_unnamed");
    ASSERT_FALSE(diagnosis.fix_sql.empty());
    for (const auto& list : {diagnosis.verify_sql, diagnosis.fix_sql})
        for (const std::string& sql : list) {
            EXPECT_EQ(sql.find("{{"), std::string::npos) << sql;
            EXPECT_EQ(sql.find("\"\""), std::string::npos) << "an empty name: " << sql;
            EXPECT_EQ(sql.find("= ''"), std::string::npos) << "an empty name: " << sql;
        }
}

TEST(Diagnosis, keeps_hostile_names_within_their_quotes) {
    const std::string hostile = R"(t"; DROP TABLE users; --)";
    const Diagnosis diagnosis = playbooks().diagnose(duplicates_on(hostile, "x'); DROP TABLE users; --"));
    ASSERT_EQ(diagnosis.rule, "sequence_out_of_sync");
    for (const std::string& sql : diagnosis.fix_sql)
        if (sql.find("DROP") != std::string::npos) {
            EXPECT_NE(sql.find(quote_identifier(hostile)), std::string::npos) << sql;
        }
}

TEST(Diagnosis, quotes_backslashes_so_that_standard_conforming_strings_does_not_matter) {
    EXPECT_EQ(quote_literal(R"(a\'b)"), R"(E'a\\''b')");
}

TEST(Diagnosis, knows_no_columns_of_a_key_over_expressions) {
    Incident incident = duplicates_on("users", "users_lower_idx");
    incident.sum.key_columns = {"lower(email)"};
    const PlaybookNames names = names_of(incident);
    EXPECT_EQ(names.at("keys"), "lower(email)");
    EXPECT_FALSE(names.contains("keys_sql"));
}

TEST(Diagnosis, takes_imports_and_restores_alike_for_a_sequence_left_behind) {
    for (const char* kind : {"import", "restore"}) {
        Incident incident = duplicates_on("tickets", "tickets_pkey");
        incident.causes[0].kind = kind;
        EXPECT_EQ(playbooks().diagnose(incident).rule, "sequence_out_of_sync") << kind;
    }
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// "Suite.name" of C++ and "file.Class.test_name" of Python.
std::set<std::string> tests_of_this_repository() {
    const std::filesystem::path root = source_dir() / "tests";
    std::set<std::string> tests;
    const auto each_match = [](const std::string& text, const std::regex& expression, const auto& take) {
        for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) take(*match);
    };
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().extension() == ".cpp") {
            each_match(text_of(entry.path()), std::regex(R"((?:TEST|TEST_F|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+))"),
                       [&](const std::smatch& match) { tests.insert(match[1].str() + "." + match[2].str()); });
        } else if (entry.path().extension() == ".py") {
            std::string suite;
            each_match(text_of(entry.path()), std::regex(R"(class (\w+)|def (test_\w+))"), [&](const std::smatch& match) {
                if (match[1].matched) suite = match[1];
                if (match[2].matched) tests.insert(entry.path().stem().string() + "." + suite + "." + match[2].str());
            });
        }
    }
    return tests;
}

TEST(Playbooks, readme_names_tests_that_exist) {
    const std::string readme = text_of(source_dir() / "correlator/playbooks/README.md");
    const std::set<std::string> tests = tests_of_this_repository();
    ASSERT_GT(tests.size(), 100u);
    std::istringstream lines(readme);
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t last = line.rfind("| `");
        if (!line.starts_with("| ") || last == std::string::npos) continue;
        const std::string test = line.substr(last + 3, line.rfind('`') - last - 3);
        ++rows;
        EXPECT_TRUE(tests.contains(test)) << "no such test: " << line;
    }
    EXPECT_GE(rows, 70u);
}

TEST(Playbooks, are_staged_on_a_real_server_each) {
    const std::filesystem::path folder = source_dir() / "tests/end_to_end";
    std::string staged;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().filename().string().starts_with("diagnoses_")) staged += text_of(entry.path());
    for (const PlaybookRule& rule : playbooks().rules())
        EXPECT_NE(staged.find("\"" + rule.name + "\""), std::string::npos) << rule.name << " is staged nowhere";
}

}  // namespace
}  // namespace culprit::testing
