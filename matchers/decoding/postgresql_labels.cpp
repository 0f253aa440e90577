#include "matchers/decoding/postgresql_labels.h"

#include <algorithm>
#include <array>
#include <vector>

#include "matchers/lossy_text.h"

namespace culprit {
namespace {

struct Severity {
    std::string_view word, level;
};

// The server's catalogues (src/backend/po of PostgreSQL 15 and 17); es and ja keep the English severities but for some.
constexpr std::array kSeverities = std::to_array<Severity>({
    {"DEBUG", "debug"},
    {"DEBUG1", "debug"},
    {"DEBUG2", "debug"},
    {"DEBUG3", "debug"},
    {"DEBUG4", "debug"},
    {"DEBUG5", "debug"},
    {"LOG", "log"},
    {"INFO", "info"},
    {"NOTICE", "notice"},
    {"WARNING", "warning"},
    {"ERROR", "error"},
    {"FATAL", "fatal"},
    {"PANIC", "panic"},
    {"HINWEIS", "notice"},
    {"WARNUNG", "warning"},
    {"FEHLER", "error"},
    {"PANIK", "panic"},
    {"ATTENTION", "warning"},
    {"ERREUR", "error"},
    {"NOTIFICA", "notice"},
    {"ATTENZIONE", "warning"},
    {"ERRORE", "error"},
    {"FATALE", "fatal"},
    {"PANICO", "panic"},
    {"გამართვა", "debug"},
    {"ჟურნალი", "log"},
    {"ინფორმაცია", "info"},
    {"გაფრთხილება", "warning"},
    {"შეცდომა", "error"},
    {"ფატალური", "fatal"},
    {"პანიკა", "panic"},
    {"디버그", "debug"},
    {"로그", "log"},
    {"정보", "info"},
    {"알림", "notice"},
    {"경고", "warning"},
    {"오류", "error"},
    {"치명적오류", "fatal"},
    {"손상", "panic"},
    {"ОТЛАДКА", "debug"},
    {"СООБЩЕНИЕ", "log"},
    {"ИНФОРМАЦИЯ", "info"},
    {"ЗАМЕЧАНИЕ", "notice"},
    {"ПРЕДУПРЕЖДЕНИЕ", "warning"},
    {"ОШИБКА", "error"},
    {"ВАЖНО", "fatal"},
    {"ПАНИКА", "panic"},
    {"LOGG", "log"},
    {"NOTIS", "notice"},
    {"VARNING", "warning"},
    {"FEL", "error"},
    {"FATALT", "fatal"},
    {"НАЛАГОДЖЕННЯ", "debug"},
    {"ЗАПИСУВАННЯ", "log"},
    {"ІНФОРМАЦІЯ", "info"},
    {"ПОВІДОМЛЕННЯ", "notice"},
    {"ПОПЕРЕДЖЕННЯ", "warning"},
    {"ПОМИЛКА", "error"},
    {"ФАТАЛЬНО", "fatal"},
    {"ПАНІКА", "panic"},
    {"调试", "debug"},
    {"日志", "log"},
    {"信息", "info"},
    {"注意", "notice"},
    {"警告", "warning"},
    {"错误", "error"},
    {"致命错误", "fatal"},
    {"灾难性错误", "panic"},
    {"除錯", "debug"},
    {"日誌", "log"},
    {"資訊", "info"},
    {"錯誤", "error"},
    {"致命錯誤", "fatal"},
    {"嚴重錯誤", "panic"},
    {"BŁĄD", "error"},
    {"OSTRZEŻENIE", "warning"},
    {"UWAGA", "notice"},
    {"KATASTROFALNY", "fatal"},
    {"PANIKA", "panic"},
    {"DZIENNIK", "log"},
    {"ERRO", "error"},
    {"AVISO", "warning"},
    {"NOTA", "notice"},
    {"PÂNICO", "panic"},
    {"HATA", "error"},
    {"UYARI", "warning"},
    {"NOT", "notice"},
    {"ÖLÜMCÜL", "fatal"},
});

struct Label {
    std::string_view word;
    EntryPart part;
};

constexpr std::array kLabels = std::to_array<Label>({
    {"DETAIL", EntryPart::detail},
    {"HINT", EntryPart::hint},
    {"QUERY", EntryPart::query},
    {"CONTEXT", EntryPart::context},
    {"LOCATION", EntryPart::location},
    {"STATEMENT", EntryPart::statement},
    {"BACKTRACE", EntryPart::backtrace},
    {"TIPP", EntryPart::hint},
    {"ANFRAGE", EntryPart::query},
    {"ZUSAMMENHANG", EntryPart::context},
    {"ORT", EntryPart::location},
    {"ANWEISUNG", EntryPart::statement},
    {"DETALLE", EntryPart::detail},
    {"SUGERENCIA", EntryPart::hint},
    {"CONSULTA", EntryPart::query},
    {"CONTEXTO", EntryPart::context},
    {"UBICACIÓN", EntryPart::location},
    {"SENTENCIA", EntryPart::statement},
    {"DÉTAIL", EntryPart::detail},
    {"ASTUCE", EntryPart::hint},
    {"REQUÊTE", EntryPart::query},
    {"CONTEXTE", EntryPart::context},
    {"EMPLACEMENT", EntryPart::location},
    {"INSTRUCTION", EntryPart::statement},
    {"PILE D'APPEL", EntryPart::backtrace},
    {"DETTAGLI", EntryPart::detail},
    {"SUGGERIMENTO", EntryPart::hint},
    {"CONTESTO", EntryPart::context},
    {"POSIZIONE", EntryPart::location},
    {"ISTRUZIONE", EntryPart::statement},
    {"詳細", EntryPart::detail},
    {"ヒント", EntryPart::hint},
    {"問い合わせ", EntryPart::query},
    {"文脈", EntryPart::context},
    {"場所", EntryPart::location},
    {"文", EntryPart::statement},
    {"バックトレース", EntryPart::backtrace},
    {"დეტალები", EntryPart::detail},
    {"მინიშნება", EntryPart::hint},
    {"მოთხოვნა", EntryPart::query},
    {"კონტექსტი", EntryPart::context},
    {"მდებარეობა", EntryPart::location},
    {"ოპერატორი", EntryPart::statement},
    {"სტეკი", EntryPart::backtrace},
    {"상세정보", EntryPart::detail},
    {"힌트", EntryPart::hint},
    {"쿼리", EntryPart::query},
    {"내용", EntryPart::context},
    {"위치", EntryPart::location},
    {"명령 구문", EntryPart::statement},
    {"구문", EntryPart::statement},
    {"역추적", EntryPart::backtrace},
    {"ПОДРОБНОСТИ", EntryPart::detail},
    {"ПОДСКАЗКА", EntryPart::hint},
    {"ЗАПРОС", EntryPart::query},
    {"КОНТЕКСТ", EntryPart::context},
    {"ПОЛОЖЕНИЕ", EntryPart::location},
    {"ОПЕРАТОР", EntryPart::statement},
    {"СТЕК", EntryPart::backtrace},
    {"DETALJ", EntryPart::detail},
    {"TIPS", EntryPart::hint},
    {"FRÅGA", EntryPart::query},
    {"KONTEXT", EntryPart::context},
    {"PLATS", EntryPart::location},
    {"SATS", EntryPart::statement},
    {"ВІДОМОСТІ", EntryPart::detail},
    {"УКАЗІВКА", EntryPart::hint},
    {"ПІДКАЗКА", EntryPart::hint},
    {"ЗАПИТ", EntryPart::query},
    {"РОЗТАШУВАННЯ", EntryPart::location},
    {"ІНСТРУКЦІЯ", EntryPart::statement},
    {"ОПЕРАТОР", EntryPart::statement},
    {"ВІДСТЕЖУВАТИ", EntryPart::backtrace},
    {"详情", EntryPart::detail},
    {"详细信息", EntryPart::detail},
    {"提示", EntryPart::hint},
    {"查询", EntryPart::query},
    {"上下文", EntryPart::context},
    {"位置", EntryPart::location},
    {"语句", EntryPart::statement},
    {"回溯", EntryPart::backtrace},
    {"詳情", EntryPart::detail},
    {"查詢", EntryPart::query},
    {"陳述式", EntryPart::statement},
    {"SZCZEGÓŁY", EntryPart::detail},
    {"PODPOWIEDŹ", EntryPart::hint},
    {"ZAPYTANIE", EntryPart::query},
    {"KONTEKST", EntryPart::context},
    {"POŁOŻENIE", EntryPart::location},
    {"WYRAŻENIE", EntryPart::statement},
    {"DETALHE", EntryPart::detail},
    {"DICA", EntryPart::hint},
    {"LOCALIZAÇÃO", EntryPart::location},
    {"COMANDO", EntryPart::statement},
    {"AYRINTI", EntryPart::detail},
    {"İPUCU", EntryPart::hint},
    {"SORGU", EntryPart::query},
    {"BAĞLAM", EntryPart::context},
    {"YER", EntryPart::location},
    {"İFADE", EntryPart::statement},
});

struct Position {
    std::string_view before, after;
};

constexpr std::array kPositions = std::to_array<Position>({
    {" at character ", ""},
    {" bei Zeichen ", ""},
    {" en carácter ", ""},
    {" au caractère ", ""},
    {" al carattere ", ""},
    {"(", "文字目)"},
    {" სიმბოლოსთან ", ""},
    {" ", " 번째 문자 부근"},
    {" (символ ", ")"},
    {" vid tecken ", ""},
    {" символ ", ""},
    {" 第 ", " 个字符处"},
    {" 在第 ", " 個字元處"},
    {" znak ", ""},
    {" no caracter ", ""},
    {" karakter ", ""},
});

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<LabelAtStart> behind_colon(std::string_view text, std::size_t word, EntryPart part, std::string_view level) {
    std::size_t at = word;
    if (part != EntryPart::message && at < text.size() && text[at] == ' ') ++at;
    if (at >= text.size() || text[at] != ':') return {};
    ++at;
    std::size_t blanks = 0;
    while (blanks < 2 && at + blanks < text.size() && text[at + blanks] == ' ') ++blanks;
    if (part == EntryPart::message && blanks < 2) return {};
    return LabelAtStart{part, text.substr(0, word), level, at + blanks};
}

/// One `?` for each letter. How many there are tells the Russian, Ukrainian and Georgian words for ERROR and FATAL from the other
/// labels; the Chinese and Korean ones (错误, 오류) have two letters as others have, but a message in such words behind them.
std::optional<LabelAtStart> unwritable_label(std::string_view text) {
    const std::size_t marks = std::min(text.find_first_not_of('?'), text.size());
    const auto rest = text.substr(marks);
    const bool error = (marks >= 5 && marks <= 7) || marks == 2 || marks == 4;
    if (error && rest.starts_with(":  ?") && rest.find("\"") != rest.npos && rest.find(")=(") == rest.npos)
        return behind_colon(text, marks, EntryPart::message, marks == 5 || marks == 4 ? "fatal" : "error");
    if (rest.find(")=(") != rest.npos && rest.starts_with(":  ?")) return behind_colon(text, marks, EntryPart::detail, {});
    // Statements are written as they came; 文, 语句, 구문, ОПЕРАТОР.
    const bool statement = (marks <= 2 || marks == 8) && !rest.starts_with(":  ?");
    return behind_colon(text, marks, statement ? EntryPart::statement : EntryPart::backtrace, {});
}

/// The words that begin with a byte. Asked of every word of a line, of which nearly none is a label.
struct WordsByFirstByte {
    std::array<std::vector<const Severity*>, 256> severities;
    std::array<std::vector<const Label*>, 256> labels;

    WordsByFirstByte() {
        for (const auto& severity : kSeverities) severities[static_cast<unsigned char>(severity.word[0])].push_back(&severity);
        for (const auto& label : kLabels) labels[static_cast<unsigned char>(label.word[0])].push_back(&label);
    }
};

}  // namespace

std::optional<LabelAtStart> label_at_start(std::string_view text) {
    static const WordsByFirstByte kWords;
    if (text.empty() || text[0] == ' ' || (text[0] >= 'a' && text[0] <= 'z') || is_digit(text[0])) return {};
    if (text[0] == '?') {  // a translated label that the database's encoding cannot write
        return unwritable_label(text);
    }
    const auto first = static_cast<unsigned char>(text[0]);
    for (const Severity* severity : kWords.severities[first]) {
        if (!text.starts_with(severity->word)) continue;
        if (auto found = behind_colon(text, severity->word.size(), EntryPart::message, severity->level)) return found;
    }
    for (const Label* label : kWords.labels[first]) {
        if (!text.starts_with(label->word)) continue;
        if (auto found = behind_colon(text, label->word.size(), label->part, {})) return found;
    }
    return {};
}

std::string_view level_of_severity(std::string_view word) {
    const auto found = std::find_if(kSeverities.begin(), kSeverities.end(), [&](const auto& s) { return s.word == word; });
    return found == kSeverities.end() ? std::string_view{} : found->level;
}

std::string_view without_position(std::string_view message) {
    const auto cut = [&](std::string_view before, std::string_view after) -> std::optional<std::string_view> {
        if (!message.ends_with(after)) return {};
        std::string_view rest = message.substr(0, message.size() - after.size());
        const std::size_t size = rest.size();
        while (!rest.empty() && is_digit(rest.back())) rest.remove_suffix(1);
        if (rest.size() == size || !rest.ends_with(before)) return {};
        return rest.substr(0, rest.size() - before.size());
    };
    for (const auto& position : kPositions) {
        if (const auto rest = cut(position.before, position.after)) return *rest;
    }
    if (message.find('?') == message.npos) return message;
    for (const auto& position : kPositions) {
        if (const auto rest = cut(lossy(position.before).form, lossy(position.after).form)) return *rest;
    }
    return message;
}

bool has_sqlstate_form(std::string_view text) {
    const auto is_character = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); };
    return text.size() == 5 && std::all_of(text.begin(), text.end(), is_character);
}

bool is_unknown_name(std::string_view name) {
    static constexpr std::array kUnknown =
        std::to_array<std::string_view>({"[unknown]", "[unbekannt]", "[desconocido]", "[inconnu]", "[sconosciuto]", "[不明]",
                                         "[უცნობი]", "[알수없음]", "[н/д]", "[okänd]", "[未知]", "[nieznany]"});
    return std::find(kUnknown.begin(), kUnknown.end(), name) != kUnknown.end();
}

bool is_sqlstate(std::string_view text) {
    static constexpr std::string_view kClasses =
        "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 "
        "HV P0 XX";
    if (!has_sqlstate_form(text)) return false;
    for (std::size_t at = 0; at < kClasses.size(); at += 3) {
        if (kClasses.substr(at, 2) == text.substr(0, 2)) return true;
    }
    return false;
}

}  // namespace culprit
