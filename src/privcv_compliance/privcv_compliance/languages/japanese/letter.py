# SPDX-License-Identifier: Apache-2.0
"""Japanese for the letter to a citizen, the fact sheet for staff, and what all have in common."""

COMMON = {
    "Attention: {text}": "注意:{text}",
    "Evidence": "証拠",
    "file": "ファイル",
    "setting": "設定",
    "entry": "記録",
    "query": "照会",
    "command": "コマンド",
    "law": "法",
    "scan": "検査",
    "answer": "回答",
    "maker": "製造者",
    "{title} · page {number}": "{title} · {number}ページ",
    "Monday": "月曜",
    "Tuesday": "火曜",
    "Wednesday": "水曜",
    "Thursday": "木曜",
    "Friday": "金曜",
    "Saturday": "土曜",
    "Sunday": "日曜",
    "{first} to {last}": "{first}から{last}",
    "consent (GDPR Art. 6(1)(a))": "同意(GDPR 第6条1項(a))",
    "a contract (GDPR Art. 6(1)(b))": "契約(GDPR 第6条1項(b))",
    "a legal obligation (GDPR Art. 6(1)(c))": "法的義務(GDPR 第6条1項(c))",
    "vital interests (GDPR Art. 6(1)(d))": "生命に関する利益(GDPR 第6条1項(d))",
    "a task in the public interest (GDPR Art. 6(1)(e))": (
        "公共の利益のための職務(GDPR 第6条1項(e))"
    ),
    "legitimate interests (GDPR Art. 6(1)(f))": "正当な利益(GDPR 第6条1項(f))",
}

LETTER = {
    "Our answer to you": "お返事",
    "{controller}, {address}. {day:day}. Our reference: {reference}.": (
        "{controller}、{address}。{day:day}。整理番号:{reference}。"
    ),
    "What we did": "行ったこと",
    "You asked us on {received:day} what we hold of you.": (
        "{received:day}に、あなたについて何を持っているかとお尋ねいただきました。"
    ),
    "You asked us on {received:day} to erase what we hold of you.": (
        "{received:day}に、あなたについてのものの消去を求められました。"
    ),
    "You told us on {received:day} that you object to being counted.": (
        "{received:day}に、数えられることへの異議をいただきました。"
    ),
    "You asked us on {received:day} to restrict what we do with your data.": (
        "{received:day}に、あなたのデータの取扱いの制限を求められました。"
    ),
    "You asked us on {received:day} to correct what we hold of you.": (
        "{received:day}に、あなたについてのものの訂正を求められました。"
    ),
    "On {day:day} we looked at every file of the device and at what it holds in memory. We found "
    "nothing that we can say is yours: no image, no name, no place.": (
        "{day:day}に、機器のすべてのファイルと、メモリにあるものを調べました。"
        "あなたのものと言えるものはありませんでした。画像も、名前も、場所もありません。"
    ),
    "While you were in view, the device followed you under a number of its own. After you left, "
    "it forgot it within {minutes} minutes.": (
        "映っている間、機器は独自の番号であなたを追いました。離れたあと、{minutes}分以内に忘れました。"
    ),
    "On {day:day} we had the cameras forget all that they held in memory. We did so for everybody "
    "who was in view, because we cannot tell who is who.": (
        "{day:day}に、カメラのメモリにあるものをすべて忘れさせました。"
        "だれがだれか分からないので、映っていた全員について行いました。"
    ),
    "The totals stay. They are about many people and tell nothing of you.": (
        "合計は残ります。多くの人についてのもので、あなたのことは何も分かりません。"
    ),
    "We follow your objection.": "異議を受け入れます。",
    "We could not do so, because we cannot find out which data are yours.": (
        "どのデータがあなたのものか分からないため、できませんでした。"
    ),
    "Why we do not know more": "これ以上分からない理由",
    "The camera counts people. It stores no image and recognizes nobody. What we keep are totals "
    "of many people, made inexact on purpose.": (
        "カメラは人数を数えます。画像は保存せず、だれも識別しません。"
        "残すのは、わざと不正確にした、多くの人の合計です。"
    ),
    "So we cannot tell which of the people was you. The law does not make us find out who you are "
    "only to answer you (GDPR Art. 11).": (
        "ですから、どの人があなただったのか分かりません。"
        "法律は、返事のためだけにあなたがだれかを調べることを求めていません(GDPR 第11条)。"
    ),
    "For the same reason you cannot have data corrected, erased or restricted here, unless you "
    "help us find them.": (
        "同じ理由で、データを探す手がかりがないかぎり、訂正、消去、制限はできません。"
    ),
    "How you can help us": "お願い",
    "You can also ask us first: {contact}. An answer costs nothing.": (
        "まず私たちにお尋ねいただくこともできます:{contact}。お返事は無料です。"
    ),
}

STAFF = {
    "Facts for staff and the works council: {site}": "従業員と従業員代表のための説明:{site}",
    "As of {day:day}.": "{day:day}現在。",
    "What the cameras see": "カメラに映るもの",
    "Camera {camera}: blacked out before any program looks: {zones}.": (
        "カメラ {camera}:プログラムが見る前に黒く塗る部分:{zones}。"
    ),
    "Camera {camera}: nothing is blacked out. Is a workplace in view?": (
        "カメラ {camera}:黒く塗る部分はありません。働く場所は映っていませんか。"
    ),
    "Camera {camera}: these parts of the floor are counted: {zones}.": (
        "カメラ {camera}:数える床の部分:{zones}。"
    ),
    "What can be told of you": "あなたについて分かること",
    "No image is stored or sent, and nobody is recognized.": (
        "画像は保存も送信もせず、だれも識別しません。"
    ),
    "Staff are counted like everybody else: a total of {minutes} minutes does not say who was "
    "there, nor what anybody did.": (
        "従業員もほかの人と同じに数えます。{minutes}分の合計からは、だれがいたか、何をしたかは分かりません。"
    ),
    "Each visit is protected, not a working day. Who is there for hours is counted as many "
    "visits, and the protection of all of them together is weaker. The impact assessment says by "
    "how much.": (
        "守られるのは一回の滞在で、一日の勤務ではありません。"
        "何時間もいる人は何回もの滞在として数えられ、全体の守りは弱くなります。"
        "どれだけ弱くなるかは影響評価にあります。"
    ),
    "At hours when only staff are there, a total is about staff. Such hours are best left out of "
    "the authorized hours.": (
        "従業員しかいない時間の合計は、従業員についてのものです。その時間は許可から外すのが最善です。"
    ),
    "What was agreed": "取り決め",
    "What is done for staff: {what}": "従業員のために行うこと:{what}",
    "How staff were heard: {what}": "従業員の意見の聴き方:{what}",
    "How staff were heard has not been answered yet.": (
        "従業員の意見をどう聴いたかは、まだ答えがありません。"
    ),
    "Whether the works council has to agree is national law: ask counsel.": (
        "従業員代表の同意が要るかどうかは国内法によります。弁護士に相談してください。"
    ),
    "How a change is noticed": "変更はどう分かるか",
    "Another purpose, place or hour needs another signed record: without it the camera stays "
    "closed.": (
        "別の目的、場所、時間には、署名された別の記録が要ります。なければカメラは閉じたままです。"
    ),
    "Every change of a setting is in the audit log, which is kept for {days} days and shows what "
    "was deleted from it.": (
        "設定の変更はすべて監査記録に残ります。記録は{days}日間保存され、消されたものも分かります。"
    ),
}
