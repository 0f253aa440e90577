#pragma once
// libpg_query's parse tree, owned, and a walk over it. For the files about SQL only.
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

class ParseTree {
   public:
    /// Nothing is parsed when the text is longer than kMaxParsedSql, holds a NUL, or is refused.
    explicit ParseTree(std::string_view sql);
    bool parsed() const { return tree_ != nullptr; }
    /// Valid as long as the tree.
    std::vector<const PgQuery__Node*> statements() const;

   private:
    std::unique_ptr<PgQuery__ParseResult, void (*)(PgQuery__ParseResult*)> tree_;
};

/// Calls `visit` for every node at or below `root`, outermost first; where it returns false, what lies below is passed over.
void walk(const ProtobufCMessage& root, const std::function<bool(const PgQuery__Node&)>& visit);

inline std::string text(const char* value) { return value == nullptr ? std::string{} : std::string{value}; }
inline std::span<PgQuery__Node* const> nodes(PgQuery__Node* const* items, std::size_t count) { return {items, count}; }

/// The text of a String node, or of a text constant, also within casts (`'a'::regclass`); empty for others.
std::string text_of(const PgQuery__Node* node);

/// `public.orders` as a list of String nodes, last part last.
std::vector<std::string> name_parts(std::span<PgQuery__Node* const> items);

/// Names that PostgreSQL gives where none is written: `orders_pkey`, `orders_customer_id_fkey`; cut to 63 bytes as it cuts them.
std::string implied_name(std::string_view table, const std::vector<std::string>& columns, std::string_view label);

}  // namespace culprit
