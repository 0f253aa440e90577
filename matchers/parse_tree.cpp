#include "matchers/parse_tree.h"

#include "matchers/sql_statement.h"

namespace culprit {
namespace {

constexpr std::size_t kNameBytes = 63;

/// A name may not end within a UTF-8 sequence.
std::string_view clip(std::string_view name, std::size_t length) {
    if (name.size() <= length) return name;
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xc0u) == 0x80u) --length;
    return name.substr(0, length);
}

}  // namespace

ParseTree::ParseTree(std::string_view sql)
    : tree_(nullptr, [](PgQuery__ParseResult* tree) { pg_query__parse_result__free_unpacked(tree, nullptr); }) {
    if (sql.size() > kMaxParsedSql || sql.find('\0') != std::string_view::npos) return;
    const PgQueryProtobufParseResult result = pg_query_parse_protobuf(std::string(sql).c_str());
    if (result.error == nullptr) {
        tree_.reset(pg_query__parse_result__unpack(nullptr, result.parse_tree.len,
                                                   reinterpret_cast<const std::uint8_t*>(result.parse_tree.data)));
    }
    pg_query_free_protobuf_parse_result(result);
}

std::vector<const PgQuery__Node*> ParseTree::statements() const {
    std::vector<const PgQuery__Node*> result;
    if (!tree_) return result;
    for (std::size_t index = 0; index < tree_->n_stmts; ++index) {
        if (tree_->stmts[index]->stmt != nullptr) result.push_back(tree_->stmts[index]->stmt);
    }
    return result;
}

void walk(const ProtobufCMessage& root, const std::function<bool(const PgQuery__Node&)>& visit) {
    const auto& descriptor = *root.descriptor;
    if (&descriptor == &pg_query__node__descriptor && !visit(reinterpret_cast<const PgQuery__Node&>(root))) return;
    const auto* bytes = reinterpret_cast<const char*>(&root);
    for (unsigned index = 0; index < descriptor.n_fields; ++index) {
        const auto& field = descriptor.fields[index];
        if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
        if (field.label == PROTOBUF_C_LABEL_REPEATED) {
            const auto count = *reinterpret_cast<const std::size_t*>(bytes + field.quantifier_offset);
            auto* const* items = *reinterpret_cast<ProtobufCMessage* const* const*>(bytes + field.offset);
            for (std::size_t item = 0; item < count; ++item) walk(*items[item], visit);
            continue;
        }
        // Of a union only the member that its case names is there.
        if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            *reinterpret_cast<const std::uint32_t*>(bytes + field.quantifier_offset) != field.id) {
            continue;
        }
        if (const auto* message = *reinterpret_cast<ProtobufCMessage* const*>(bytes + field.offset)) walk(*message, visit);
    }
}

std::string text_of(const PgQuery__Node* node) {
    if (node == nullptr) return {};
    if (node->node_case == PG_QUERY__NODE__NODE_STRING) return text(node->string->sval);
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) return text_of(node->type_cast->arg);
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL) {
        return text(node->a_const->sval->sval);
    }
    return {};
}

std::vector<std::string> name_parts(std::span<PgQuery__Node* const> items) {
    std::vector<std::string> parts;
    for (const auto* item : items) {
        if (auto part = text_of(item); !part.empty()) parts.push_back(std::move(part));
    }
    return parts;
}

std::string implied_name(std::string_view table, const std::vector<std::string>& columns, std::string_view label) {
    std::string joined;
    for (const auto& column : columns) joined += (joined.empty() ? "" : "_") + column;
    joined = clip(joined, kNameBytes);
    const std::size_t room = kNameBytes - label.size() - 1 - (joined.empty() ? 0 : 1);
    std::size_t first = table.size(), second = joined.size();
    while (first + second > room) (first > second ? first : second) -= 1;
    std::string name(clip(table, first));
    if (!joined.empty()) name += "_" + std::string(clip(joined, second));
    return name + "_" + std::string(label);
}

}  // namespace culprit
