"""What the parts of a text are called in its language, from the largest to the smallest. Pure; names only.

A line of one of these words and a number is a heading even where there is only one of its kind. Other words are found
by their numbers counting up (`structure`).
"""

from __future__ import annotations

import re
from typing import Final

# rank 1: parts and books; 2: chapters, units, lessons; 3: sections; 4: articles, paragraphs of a law
_RANKS: Final = (
    "part book volume teil buch band partie livre parte libro livro часть книга μέρος βιβλίο bölüm kısım "
    "część phần bagian भाग खण्ड खंड ভাগ ભાગ பகுதி ภาค القسم الجزء الباب بخش حصہ חלק",
    "slide folie diapositive diapositiva слайд स्लाइड شريحة 幻灯片 スライド 슬라이드 act acto acte scene "
    "szene scène escena chapter unit lesson module lecture week day kapitel lektion einheit woche tag "
    "chapitre leçon unité capítulo lección unidad lição capitolo lezione unità глава урок модуль лекция "
    "κεφάλαιο μάθημα ενότητα bab rozdział lekcja chương bài hoofdstuk les अध्याय पाठ एकाइ इकाई परिच्छेद অধ্যায় "
    "পাঠ একক અધ્યાય પાઠ அத்தியாயம் பாடம் అధ్యాయం పాఠం ಅಧ್ಯಾಯ അധ്യായം บทที่ บท หน่วยที่ الفصل الدرس الوحدة فصل درس "
    "باب سبق פרק שיעור יחידה ምዕራፍ",
    "section abschnitt sección seção sezione раздел τμήμα rozdział mục paragraf paragraph अनुभाग উপঅধ্যায় ตอนที่ "
    "หมวด المبحث المطلب گفتار סימן",
    "article artikel artículo artigo articolo articolul artykuł статья стаття άρθρο madde pasal điều cikk "
    "článek धारा अनुच्छेद दफा ধারা অনুচ্ছেদ કલમ અનુચ્છેદ பிரிவு உறுப்புரை సూత్రం అధికరణము ಅನುಚ್ಛೇದ മൗലികം ข้อ "
    "มาตรา ມາດຕາ មាត្រា అనుచ్ఛేదము ನಿಬಂಧನೆ المادة مادة ماده مادہ دفعہ סעיף አንቀጽ exercise task übung aufgabe "
    "exercice ejercicio упражнение अभ्यास example beispiel exemple ejemplo exemplo esempio пример παράδειγμα "
    "örnek contoh voorbeeld przykład उदाहरण উদাহরণ مثال דוגמה ตัวอย่างที่ 例 例题 例題 예제 problem problème "
    "problema задача activity aktivität activité actividad atividade attività गतिविधि क्रियाकलाप نشاط 活动 "
    "活動 활동 กิจกรรมที่ experiment versuch expérience experimento प्रयोग تجربة 实验 実験 실험 step schritt "
    "étape paso passo шаг चरण خطوة 步骤 步驟 단계 theorem satz théorème теорема lemma",
)
# counted, and yet no part of the text: captions, pages, notes
_NO_HEADINGS: Final = (
    "figure fig fig. table tab tab. page p. pp. plate photo image illustration listing eq equation formula note "
    "footnote abbildung abb abb. tabelle seite bild tableau tabla figura página tabela pagina figuur рис рис. рисунок "
    "таблица стр εικόνα πίνακας चित्र तालिका पृष्ठ চিত্র সারণি পৃষ্ঠা شكل جدول صفحة صفحه صفحہ איור טבלה עמוד รูปที่ "
    "ตารางที่ หน้า 図 表 图 圖 頁 页 그림 표 쪽 phone tel tel. room flat house street no no. nr nr. "
    "apt apt. version route box vol level players player team group age grade option total score"
)
# what a part is called that has no number, as the only words of a line
_LABELS: Final = (
    "questions exercises exercise summary introduction conclusion conclusions objectives vocabulary glossary keywords "
    "references bibliography homework activities answers review fragen übungen aufgaben zusammenfassung einleitung "
    "fazit lernziele wortschatz literatur exercices résumé objectifs vocabulaire bibliographie preguntas ejercicios "
    "resumen introducción conclusión conclusiones objetivos vocabulario bibliografía perguntas exercícios resumo "
    "introdução conclusão bibliografia domande esercizi riassunto introduzione conclusione conclusioni obiettivi "
    "вопросы упражнения задания итоги введение заключение выводы словарь литература ερωτήσεις ασκήσεις περίληψη "
    "εισαγωγή sorular özet giriş sonuç pertanyaan latihan ringkasan pendahuluan kesimpulan "
    "प्रश्न प्रश्नहरू प्रश्नावली अभ्यास सारांश परिचय प्रस्तावना निष्कर्ष उद्देश्य शब्दार्थ शब्दावली প্রশ্ন অনুশীলনী সারাংশ ভূমিকা "
    "أسئلة الأسئلة تمارين التمارين تدريبات ملخص الملخص الخلاصة مقدمة المقدمة خاتمة الخاتمة الأهداف المفردات المراجع "
    "سوالات مشق خلاصہ تعارف שאלות תרגילים סיכום מבוא הקדמה מסקנות คำถาม แบบฝึกหัด สรุป บทนำ "
    "练习 练习题 習題 习题 思考题 問題 总结 總結 小结 小結 引言 前言 简介 簡介 结论 結論 学习目标 词汇 生词 "
    "参考文献 作业 作業 練習 練習問題 まとめ はじめに おわりに 目標 語彙 用語 語句 문제 연습문제 요약 서론 "
    "결론 학습목표 참고문헌 materials equipment procedure method methods results discussion background "
    "overview examples notes warm-up ingredients directions instructions preparation zutaten zubereitung "
    "material durchführung auswertung ingrédients préparation matériel ingredientes preparación preparo "
    "modo_de_preparo ingredienti preparazione procedimento ингредиенты приготовление материалы υλικά "
    "εκτέλεση malzemeler yapılışı bahan cara_membuat सामग्री विधि उपकरण निर्देश उद्देश्यहरू शिक्षण_उद्देश्य "
    "सामान्य_निर्देश المقادير المكونات الطريقة التمهيد العرض التقويم الشرح الأدوات معاني_المفردات المناقشة "
    "النتائج مواد ترکیب חומרים מצרכים הוראות ส่วนผสม วิธีทำ 材料 做法 步骤 步驟 教学目标 教学过程 作り方 準備物 "
    "learning_objectives learning_outcomes learning_goals general_instructions key_terms key_words new_words "
    "key_points key_concepts discussion_questions review_questions practice_questions answer_key lesson_plan "
    "further_reading table_of_contents word_meanings course_description grading schedule required_texts "
    "definition definitions example practice จุดประสงค์การเรียนรู้ เนื้อหา คำศัพท์ วัตถุประสงค์ पाठ्यक्रम परिभाषा "
    "تعريف 정리 학습_목표 定义 定義 例题 definición définition définitions"
)
RANK: Final = {word: rank for rank, words in enumerate(_RANKS, start=1) for word in re.split(r"\s+", words)}
_LABEL: Final = frozenset(words.replace("_", " ") for words in re.split(r"\s+", _LABELS))
NO_HEADINGS: Final = frozenset(re.split(r"\s+", _NO_HEADINGS))
# 第一条, 제 1 조: the words stand around the number
AROUND: Final = {
    **dict.fromkeys("编編篇部卷편부권", 1),
    **dict.fromkeys(("章", "课", "課", "회", "回", "讲", "講", "单元", "單元", "장", "과", "단원", "話", "话"), 2),
    **dict.fromkeys("节節절", 3),
    **dict.fromkeys("条條款项項조항", 4),
}
# What asks and what answers. Of the short ones of many languages a question mark has to say that they ask.
_ASKS: Final = (
    "q f question frage pregunta pergunta domanda вопрос питання ερώτηση soru swali pertanyaan soalan vraag pytanie "
    "otázka fråga spørgsmål spørsmål kysymys kérdés întrebare pitanje въпрос प्रश्न প্রশ্ন પ્રશ્ન ਪ੍ਰਸ਼ਨ கேள்வி வினா ప్రశ్న ಪ್ರಶ್ನೆ "
    "ചോദ്യം ප්‍රශ්නය سؤال السؤال س سوال پرسش שאלה ש คำถาม ถาม ຄຳຖາມ សំណួរ မေးခွန်း မေး 問 问 질문 문 ጥያቄ հարց კითხვა"
)
_ASKS_WITH_MARK: Final = "p d v h t в ε प्र প্র પ્ર ਪ੍ਰ ప్ర ಪ್ರ ചോ hỏi tanya"
_ANSWERS: Final = (
    "a r o j s đ о α ans answer antwort respuesta réponse resposta risposta ответ відповідь отговор απάντηση cevap "
    "jibu jawaban jawab jawapan antwoord odpowiedź odpověď svar vastaus válasz răspuns odgovor đáp उत्तर उ উত্তর উ ઉત્તર "
    "ઉ જવાબ ਉੱਤਰ ਉ பதில் விடை జవాబు సమాధానం జ ಉತ್ತರ ಉ ഉത്തരം ഉ පිළිතුර جواب الجواب الإجابة إجابة ج پاسخ תשובה ת คำตอบ ตอบ ຄຳຕອບ "
    "ចម្លើយ အဖြေ ဖြေ 答 답변 답 መልስ պատասխան პასუხი"
)


def _said_first(words: str) -> re.Pattern[str]:
    """One of them with its sign or its number: `Q.`, `Q1.`, `Q. 1 `, `प्र.१ `."""
    names = "|".join(sorted((re.escape(word) for word in words.split()), key=len, reverse=True))
    sign = r"[.:：．)\u066b\-–—،]"
    return re.compile(
        rf"(?:{names}|câu hỏi|trả lời)(?![^\W\d_])(?:[\s.]*\d{{1,3}}(?=\s|{sign})|\s*{sign})", re.IGNORECASE
    )


QUESTION: Final = _said_first(_ASKS)
QUESTION_WITH_MARK: Final = _said_first(_ASKS_WITH_MARK)
ANSWER: Final = _said_first(_ANSWERS)


def is_label(line: str) -> bool:
    """Whether a line is nothing but what a part without a number is called, or that and a colon; small letters name
    none.
    """
    line = line.strip().rstrip(":： ")
    return not line[:1].islower() and line.casefold() in _LABEL
