#pragma once
// PostgreSQL's error codes and their condition names (manual, appendix A), as the catalogue lists them.
// Immutable; views returned live as long as the table.
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace culprit {

class SqlstateTable {
   public:
    /// Requires five characters; a code given twice keeps its first name.
    void add(std::string code, std::string condition);

    /// `23505` → `unique_violation`; empty when the code is not known.
    std::string_view condition(std::string_view code) const;
    /// `UniqueViolation`, as psycopg, asyncpg and ruby-pg name their exceptions → `23505`; empty when not known.
    std::string_view code_of_class(std::string_view exception_class) const;
    const std::map<std::string, std::string, std::less<>>& codes() const { return conditions_; }

   private:
    std::map<std::string, std::string, std::less<>> conditions_;
    std::map<std::string, std::string, std::less<>> by_class_;
};

}  // namespace culprit
