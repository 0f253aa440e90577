#include <algorithm>
#include <array>
#include <optional>

#include "matchers/redactor.h"

namespace culprit {
namespace {

struct Quotes {
    std::string_view open, close;
};
/// The quotation marks of PostgreSQL's translations.
constexpr std::array<Quotes, 4> kQuotes{{{"\"", "\""}, {"»", "«"}, {"« ", " »"}, {"«", "»"}}};

/// All that PostgreSQL writes behind a key, in its languages (src/backend/po); `{}` is the other table. What differs is not its
/// own text, but perhaps a part of a value in a DETAIL that was cut, and is not shown.
constexpr std::array kTails{R"( already exists.)",
                            R"( esiste già.)",
                            R"( est dupliquée.)",
                            R"( est toujours référencée à partir de la table « {} ».)",
                            R"( está duplicada.)",
                            R"( existerar redan.)",
                            R"( finns inte i tabellen "{}".)",
                            R"( is duplicated.)",
                            R"( is not present in table "{}".)",
                            R"( is still referenced from table "{}".)",
                            R"( ist doppelt vorhanden.)",
                            R"( ist nicht in Tabelle »{}« vorhanden.)",
                            R"( n'est pas présente dans la table « {} ».)",
                            R"( no está presente en la tabla «{}».)",
                            R"( non è presente nella tabella "{}".)",
                            R"( refereras fortfarande till från tabell "{}".)",
                            R"( todavía es referida desde la tabla «{}».)",
                            R"( wird noch aus Tabelle »{}« verwiesen.)",
                            R"( » existe déjà.)",
                            R"( är duplicerad.)",
                            R"( è ancora referenziata dalla tabella "{}".)",
                            R"( è duplicata.)",
                            R"( вже існує.)",
                            R"( все ще є посилання в таблиці "{}".)",
                            R"( всё ещё есть ссылки в таблице "{}".)",
                            R"( дублируется.)",
                            R"( дублюється.)",
                            R"( не присутній в таблиці "{}".)",
                            R"( отсутствует в таблице "{}".)",
                            R"( დუბლირებულია.)",
                            R"( と競合しています)",
                            R"( はすでに存在します。)",
                            R"( 仍被表 "{}" 引用。)",
                            R"( 仍被資料表 "{}" 參考。)",
                            R"( 冲突。)",
                            R"( 已存在。)",
                            R"( 沒有出現在資料表 "{}"。)",
                            R"( 衝突。)",
                            R"( 重复。)",
                            R"( 重複。)",
                            R"( 가 충돌함)",
                            R"( 키가 "{}" 테이블에 없습니다.)",
                            R"( 키가 "{}" 테이블에서 여전히 참조됩니다.)",
                            R"( 키가 이미 있습니다.)",
                            R"( 키가 중복됨)",
                            R"( 키와 충돌합니다.)",
                            R"(" уже существует.)",
                            R"(-სთან.)",
                            R"(.)",
                            R"(« existiert bereits.)",
                            R"(。)",
                            R"(がありません)",
                            R"(はまだテーブル"{}"から参照されています)",
                            R"(は重複しています。)"};

/// `tail` as it may be shown: a known one, with the name of `table` in it; else nothing.
std::string known_tail(std::string_view tail, const std::string& table) {
    while (!tail.empty() && (tail.back() == ' ' || tail.back() == '\r' || tail.back() == '\n')) tail.remove_suffix(1);
    for (const std::string_view known : kTails) {
        std::string text(known);
        if (const auto place = text.find("{}"); place != std::string::npos) {
            if (table.empty()) continue;
            text.replace(place, 2, table);
        }
        if (text == tail) return text;
    }
    return {};
}

/// Where PostgreSQL's own words behind the values begin, and the name of the table in them, which may hold anything.
struct Tail {
    std::size_t begin = 0;  // at the parenthesis that closes the values
    std::string table;
};

/// The tail with the most words of its own; of several places the last: values lie in front of it.
std::optional<Tail> tail_of(std::string_view detail) {
    std::optional<Tail> best;
    std::size_t best_size = 0;
    while (!detail.empty() && (detail.back() == ' ' || detail.back() == '\r' || detail.back() == '\n')) detail.remove_suffix(1);
    for (const std::string_view known : kTails) {
        const auto place = known.find("{}");
        if (place == std::string_view::npos || known.size() <= best_size) continue;
        const auto after = known.substr(place + 2);
        const std::string before = ")" + std::string(known.substr(0, place));
        if (!detail.ends_with(after) || detail.size() < after.size() + before.size()) continue;
        const auto rest = detail.substr(0, detail.size() - after.size());
        const auto at = rest.rfind(before);
        if (at == std::string_view::npos) continue;
        best = Tail{at, std::string(rest.substr(at + before.size()))};
        best_size = known.size();
    }
    return best;
}

/// The name in quotation marks at the end of `text` (a full stop may follow), or in front of it.
std::string quoted_name(std::string_view text) {
    for (const auto& quotes : kQuotes) {
        const auto open = text.find(quotes.open);
        if (open == std::string_view::npos) continue;
        const auto begin = open + quotes.open.size();
        const auto close = text.rfind(quotes.close);
        if (close == std::string_view::npos || close < begin) continue;
        return std::string(text.substr(begin, close - begin));
    }
    return {};
}

/// `email, lower(note), "a, b"`: columns by the commas outside of quotes and parentheses; unquoted.
std::vector<std::string> split_columns(std::string_view text) {
    std::vector<std::string> columns(1);
    int depth = 0;
    bool quoted = false;
    bool simple = true;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '"') {
            if (quoted && at + 1 < text.size() && text[at + 1] == '"') {
                columns.back() += '"';
                ++at;
                continue;
            }
            quoted = !quoted;
            if (depth == 0) continue;
        } else if (!quoted) {
            if (byte == '(') ++depth;
            if (byte == ')') --depth;
            if (byte == ',' && depth == 0) {
                columns.emplace_back();
                if (at + 1 < text.size() && text[at + 1] == ' ') ++at;
                continue;
            }
        }
        columns.back() += byte;
    }
    simple = !quoted && depth == 0;
    // A foreign key's columns are written raw: a stray quote belongs to a name, and the text is one we cannot split.
    if (!simple) return {std::string(text)};
    return columns;
}

/// Where the columns end: the `)=(` outside of quotes, else the first one.
std::size_t end_of_columns(std::string_view text, std::size_t begin) {
    bool quoted = false;
    for (std::size_t at = begin; at < text.size(); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (!quoted && text.substr(at, 3) == ")=(") return at;
    }
    return text.find(")=(", begin);
}

}  // namespace

bool tells_of_a_key(std::string_view sqlstate) {
    return sqlstate == "23505" || sqlstate == "23503" || sqlstate == "23001" || sqlstate == "23P01";
}

bool parse_key_detail(std::string_view detail, KeyDetail& key) {
    if (detail.find(")=(") == std::string_view::npos) return false;
    const auto open = detail.find('(');
    const auto columns_end = end_of_columns(detail, open + 1);
    if (columns_end == std::string_view::npos) return false;
    const auto values_begin = columns_end + 3;
    // The tail is PostgreSQL's own text; only a table's name in it may hold a parenthesis, so that is looked for first.
    std::string_view searched = detail;
    std::string table;
    const auto known = tail_of(detail);
    if (known && known->begin >= values_begin) {
        table = known->table;
        searched = detail.substr(0, known->begin + 1);
    }
    for (const auto& quotes : kQuotes) {
        if (known && known->begin >= values_begin) break;
        const auto close = searched.rfind(quotes.close);
        if (close == std::string_view::npos || close <= values_begin || searched.size() - close > 40) continue;
        // A quoted key (`»(email)=(x)«`) closes right behind its parenthesis: that is no name.
        if (searched[close - 1] == ')') continue;
        const auto before = searched.substr(0, close);
        const auto name = before.rfind(quotes.open);
        if (name == std::string_view::npos || name <= values_begin || before.find(')', name) != std::string_view::npos) continue;
        table = std::string(before.substr(name + quotes.open.size()));
        searched = detail.substr(0, name);
        break;
    }
    const auto values_end = searched.rfind(')');
    if (values_end == std::string_view::npos || values_end < values_begin) return false;
    const auto tail = detail.substr(values_end + 1);
    // What stands behind the values is short and of one line; anything else is a text of another shape.
    if (!known && (tail.find('\n') != std::string_view::npos || tail.size() > 200)) return false;
    if (!known && tail.find("=(") != std::string_view::npos) return false;
    key.columns = split_columns(detail.substr(open + 1, columns_end - open - 1));
    key.values = std::string(detail.substr(values_begin, values_end - values_begin));
    key.tail = known_tail(tail, table);
    // ja and zh name the table in front of the key.
    key.referenced_table = table.empty() ? quoted_name(detail.substr(0, open)) : table;
    return true;
}

}  // namespace culprit
