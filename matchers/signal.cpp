#include "matchers/signal.h"

namespace culprit {

std::string_view to_string(Family family) {
    switch (family) {
        case Family::symptom:
            return "symptom";
        case Family::change:
            return "change";
        case Family::remedy:
            return "remedy";
    }
    return "symptom";
}

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::unknown:
            return "unknown";
        case Phase::started:
            return "started";
        case Phase::succeeded:
            return "succeeded";
        case Phase::failed:
            return "failed";
        case Phase::rolled_back:
            return "rolled_back";
    }
    return "unknown";
}

std::string_view to_string(Side side) { return side == Side::server ? "server" : "application"; }

std::string_view to_string(SourceType type) {
    switch (type) {
        case SourceType::kafka:
            return "kafka";
        case SourceType::file:
            return "file";
        case SourceType::stdin_stream:
            return "stdin";
        case SourceType::http:
            return "http";
    }
    return "file";
}

std::string_view to_string(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::ddl:
            return "ddl";
        case EvidenceKind::migrations:
            return "migrations";
        case EvidenceKind::deployments:
            return "deployments";
        case EvidenceKind::imports:
            return "imports";
        case EvidenceKind::server_log:
            return "server_log";
    }
    return "server_log";
}

}  // namespace culprit
