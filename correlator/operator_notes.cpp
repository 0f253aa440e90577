#include "correlator/operator_notes.h"

#include <algorithm>

namespace culprit {

void OperatorNotes::add(const OperatorNote& note) {
    const auto place = [&](const OperatorNote& of) -> Said& {
        return of.kind == NoteKind::maintenance ? windows_ : by_problem_[{of.problem_kind, of.problem_name}];
    };
    all_.insert(note);
    place(note).insert(note);
    if (all_.size() > kNotes) {
        const OperatorNote earliest = *all_.begin();
        all_.erase(all_.begin());
        place(earliest).erase(earliest);
        if (earliest.kind != NoteKind::maintenance && place(earliest).empty())
            by_problem_.erase({earliest.problem_kind, earliest.problem_name});
    }
    if (note.kind == NoteKind::maintenance) rebuild_maintenance();
}

void OperatorNotes::rebuild_maintenance() {
    std::map<std::string, const OperatorNote*> standing;
    for (const OperatorNote& note : windows_) standing[note.id] = &note;  // in order of time: the later one holds
    maintenance_.clear();
    for (const auto& [id, note] : standing)
        if (!note->withdrawn) maintenance_.push_back({note->environment, note->database, note->from, note->until});
}

Notes OperatorNotes::of(const Session& session) const {
    Notes notes;
    const auto found = by_problem_.find(session.problem);
    if (found == by_problem_.end()) return notes;
    for (const OperatorNote& note : found->second) {
        const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
        if (differ(note.environment, session.environment) || differ(note.database, session.database)) continue;
        if (note.moment < session.first || note.moment > session.last) continue;
        if (note.kind == NoteKind::acknowledge) {
            notes.acknowledged.reset();
            if (!note.withdrawn) notes.acknowledged = note;
        } else if (note.kind == NoteKind::silence) {
            notes.silenced_until.reset();
            if (!note.withdrawn) notes.silenced_until = note.until;
        } else if (note.kind == NoteKind::feedback) {
            notes.feedback.push_back(note);
        }
    }
    if (notes.feedback.size() > kFeedback)
        notes.feedback.erase(notes.feedback.begin(), notes.feedback.end() - static_cast<std::ptrdiff_t>(kFeedback));
    return notes;
}

}  // namespace culprit
