# SPDX-License-Identifier: Apache-2.0
"""Japanese for the sign and the whole notice.

Words for the GDPR's terms are those that its Japanese readers know (管理者, 監督機関).
What the Japanese act on personal information wants besides, ask counsel.
"""

SIGN = {
    "People are counted here": "ここでは人数を数えています",
    "People will be counted here from {begin:day} on": "{begin:day}から、ここで人数を数えます",
    "A camera counts. No image is stored, and nobody is recognized.": (
        "カメラが数えます。画像は保存しません。個人の識別もしません。"
    ),
    "Where": "場所",
    "What for": "利用目的",
    "Lawful basis": "適法な根拠",
    "Legitimate interest": "正当な利益",
    "When": "時間",
    "{hours} ({zone})": "{hours}({zone})",
    "What is kept": "残るもの",
    "Totals of many people, made inexact on purpose, for {days} days.": (
        "多くの人の合計だけを、わざと不正確にして、{days}日間残します。"
    ),
    "Sent abroad": "国外への移転",
    "Controller": "管理者",
    "Contact": "問い合わせ先",
    "Data protection officer": "データ保護責任者",
    "Your rights": "あなたの権利",
    "You may ask what is held of you, and have it corrected, erased or restricted.": (
        "自分のデータの開示、訂正、消去、取扱いの制限を求めることができます。"
    ),
    "You may ask what is held of you, have it corrected, erased or restricted, and withdraw your "
    "consent at any time.": (
        "自分のデータの開示、訂正、消去、取扱いの制限を求めることができます。同意はいつでも撤回できます。"
    ),
    "Objection": "異議",
    "You may object at any time, on grounds of your own situation.": (
        "あなたの状況を理由に、いつでも異議を述べることができます。"
    ),
    "Without a count": "数えられない入口",
    "Pause": "一時停止",
    "Ask here: {desk}. Then nobody is counted for some minutes, and you need not say who you "
    "are.": ("お申し出はこちらへ:{desk}。数分間、だれも数えません。お名前は要りません。"),
    "Complaint": "苦情の申立て",
    "Permitted": "許可",
    "until {end:day}": "{end:day}まで",
    "The whole notice, and how to reach us:": "くわしい説明と連絡先:",
    "Camera {camera}, {site}. Record {id}": "カメラ {camera}、{site}。記録 {id}",
}

NOTICE = {
    "How people are counted: {site}": "人数の数え方:{site}",
    "This is the whole notice to the sign at the door, as of {day:day}.": (
        "入口の表示についてのくわしい説明です({day:day}現在)。"
    ),
    "Who is responsible": "責任者",
    "Controller: {controller}, {address}.": "管理者:{controller}、{address}。",
    "Contact: {contact}.": "問い合わせ先:{contact}。",
    "Data protection officer: {contact}.": "データ保護責任者:{contact}。",
    "There is no data protection officer; turn to the contact above.": (
        "データ保護責任者はいません。上の問い合わせ先へどうぞ。"
    ),
    "Responsible together with us: {joint}.": "共同の管理者:{joint}。",
    "What the camera does": "カメラがすること",
    "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).": (
        "カメラ {camera} に映る場所:{area}。数える時間:{hours}({zone})。"
    ),
    "A program in the device looks at each image and overwrites it at once. The device sends no "
    "image.": ("機器の中のプログラムが画像を見て、すぐに上書きします。機器は画像を送りません。"),
    "While you are in view, the program follows you under a number. Nobody can tell that the "
    "number is you. It is never written down, and it is replaced after at most {minutes} minutes. "
    "Until then it counts as personal data.": (
        "あなたが映っている間、プログラムは番号であなたを追います。"
        "その番号があなただとは、だれにも分かりません。"
        "番号は書き残されず、長くても{minutes}分で替わります。それまでは個人データです。"
    ),
    "Nobody's face, age, sex or mood is told.": "顔、年齢、性別、気分は調べません。",
    "What leaves the device are totals, such as how many people were in a part of the room in "
    "{minutes} minutes. To each, a random number is added. So no total tells for certain whether "
    "you were there.": (
        "機器の外に出るのは、{minutes}分間に部屋の一部に何人いたかなどの合計だけです。"
        "合計にはでたらめな数を足します。だから、あなたがいたかどうかは確実には分かりません。"
    ),
    "A total of fewer than {k} people, as it is told, is not shown.": (
        "{k}人に満たない合計は示しません。"
    ),
    "Camera {camera}: {purpose}.": "カメラ {camera}:{purpose}。",
    "What is decided by it: {decisions}": "これで決めること:{decisions}",
    "We do this on the basis of {basis}.": "適法な根拠:{basis}。",
    "Our interest: {interest}": "正当な利益:{interest}",
    "The law behind it: {law}": "根拠となる法令:{law}",
    "What is kept, and who gets it": "残るものと、受け取る人",
    "Who reads them: {readers}.": "合計を見る人:{readers}。",
    "Who works for us: {who}.": "委託先:{who}。",
    "Sent to countries outside the European Economic Area: {what}.": (
        "欧州経済領域の外への移転:{what}。"
    ),
    "Sums over several places are made of ours, too; whoever makes them does not see what "
    "was counted here.": (
        "複数の場所の合計にも使われますが、合計する人はここで数えた数を見ることができません。"
    ),
    "Nothing is sent to countries outside the European Economic Area.": (
        "欧州経済領域の外には何も送りません。"
    ),
    "How not to be counted": "数えられないようにするには",
    "Somebody acts on the totals of camera {camera} at once. So we refuse no objection for the "
    "reason that they are statistics.": (
        "カメラ {camera} の合計は、その場の対応に使います。"
        "統計だからという理由で異議を断ることはしません。"
    ),
    "The totals of camera {camera} are used for statistics only.": (
        "カメラ {camera} の合計は、統計だけに使います。"
    ),
    "We do not know who you are, and the law does not make us find out.": (
        "あなたがだれかは分かりません。法律も、それを調べることを求めていません。"
    ),
    "If you ask, tell us where you were, on which day and at what time. We then look whether "
    "there is anything of yours. You need no identity card and no photo for it.": (
        "お問い合わせのときは、いた場所と日と時刻を教えてください。"
        "あなたのものがあるかどうか、もう一度調べます。身分証も写真も要りません。"
    ),
    "No decision about you is made by a machine, and nothing obliges you to be counted.": (
        "機械があなたについて決めることはありません。数えられる義務もありません。"
    ),
    "This is permitted until {end:day}.": "許可は{end:day}までです。",
    "If you are not satisfied": "ご不満のときは",
    "You have the right to lodge a complaint with a supervisory authority. Ours is: {authority}.": (
        "監督機関に苦情を申し立てる権利があります。監督機関:{authority}。"
    ),
    "You can also go to court.": "裁判所に訴えることもできます。",
}
